using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Conntrack;

/// <content>The eight hashes of a line compared with one: one compare, two, or eight.</content>
internal sealed unsafe partial class TupleIndex
{
    /// <summary>A bit for every slot that has this hash; of 0, for every free slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Matches(Line* line, uint hash)
    {
        // SAFE: a line is eight hashes and eight links
        if (Vector256.IsHardwareAccelerated)
            return Vector256.Equals(Vector256.Load(line->Hashes), Vector256.Create(hash)).ExtractMostSignificantBits();
        if (!Vector128.IsHardwareAccelerated)
            return ScalarMatches(line, hash);
        Vector128<uint> wanted = Vector128.Create(hash);
        uint low = Vector128.Equals(Vector128.Load(line->Hashes), wanted).ExtractMostSignificantBits();
        return low | (Vector128.Equals(Vector128.Load(line->Hashes + 4), wanted).ExtractMostSignificantBits() << 4);
    }

    private static uint ScalarMatches(Line* line, uint hash)
    {
        uint matches = 0;
        for (int i = 0; i < SlotsPerLine; i++)
            matches |= line->Hashes[i] == hash ? 1u << i : 0;
        return matches;
    }

    /// <summary>How many links stand behind a line that would stand in it.</summary>
    private static uint PassedInAll(Line* line) => Vector256.Sum(Vector256.ShiftRightLogical(Vector256.Load((uint*)line->Links), LinkBits));
}
