using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Conntrack;

/// <content>
/// Walks over the links of one hash, or of one of the kernel's buckets. Links never move, so they may be taken out meanwhile.
/// </content>
internal sealed unsafe partial class TupleIndex
{
    private const int ManyPassed = 24;

    /// <summary>The kernel's buckets.</summary>
    public uint Buckets { get; }

    /// <summary>The bucket of a hash: see <see cref="ConntrackHash.Bucket"/>.</summary>
    public uint BucketOf(uint hash) => ConntrackHash.Bucket(hash, Buckets);

    /// <summary>All links in one of the kernel's buckets; the time of the lines it covers.</summary>
    public BucketWalk Walk(uint bucket) => new(this, bucket);

    /// <summary>
    /// True when the bucket of a hash may hold dozens of links: counting them is worth a walk. Of buckets no larger than a line, only those whose line two dozen went past.
    /// </summary>
    public bool MayBeLong(uint hash) => Buckets < _lines || PassedInAll(_line + HomeOf(hash)) >= ManyPassed;

    /// <summary>The first hash of a bucket.</summary>
    private uint FirstHash(uint bucket) => (uint)((((ulong)bucket << 32) + Buckets - 1) / Buckets);

    /// <summary>See <see cref="Search"/>.</summary>
    public ref struct TupleSearch(TupleIndex index, uint hash)
    {
        private readonly uint _home = index.HomeOf(hash);
        private uint _at = index.HomeOf(hash);
        private uint _matches = Matches(index._line + index.HomeOf(hash), hash);

        /// <summary>The next link; <see cref="End"/> after the last.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int Next()
        {
            while (_matches == 0)
            {
                uint behind = index.Behind(_at);
                if (index._line[_at].Passed(hash) == 0 || behind == _home)
                    return End;
                _at = behind;
                _matches = Matches(index._line + _at, hash);
            }

            int slot = BitOperations.TrailingZeroCount(_matches);
            _matches &= _matches - 1;
            return LinkOf(index._line + _at, slot);
        }
    }

    /// <summary>See <see cref="Walk"/>.</summary>
    public ref struct BucketWalk(TupleIndex index, uint bucket)
    {
        private readonly uint _last = index.HomeOf(bucket + 1 < index.Buckets ? index.FirstHash(bucket + 1) - 1 : uint.MaxValue);
        private uint _at = index.HomeOf(index.FirstHash(bucket));
        private uint _left = index._lines;
        private bool _isPast;
        private int _slot;

        /// <summary>The next link; <see cref="End"/> after the last.</summary>
        public int Next()
        {
            while (true)
            {
                Line* line = index._line + _at;
                while (_slot < SlotsPerLine)
                {
                    uint hash = line->Hashes[_slot++];
                    if (hash != 0 && index.BucketOf(hash) == bucket)
                        return LinkOf(line, _slot - 1);
                }

                _isPast |= _at == _last;
                if ((_isPast && PassedInAll(line) == 0) || --_left == 0)
                    return End;
                (_at, _slot) = (index.Behind(_at), 0);
            }
        }
    }
}
