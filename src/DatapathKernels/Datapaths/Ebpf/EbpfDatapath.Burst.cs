using System.Numerics;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>
/// A burst. Whole TCP and UDP packets of IPv4, the plain ones, go through in stages (<c>EbpfDatapath.Plain.cs</c>); the others, and plain ones that meet something out of
/// the ordinary, one by one. Everything is done in the packets' order.
/// </content>
public sealed unsafe partial class EbpfDatapath
{
    // The connection map's hours as last seen, the second in which they moved on, and those in which a second use in a second needs no mark.
    private long _hours = -1, _marked;
    private uint _hourSeconds;

    // The same of the policy.
    private ulong _policyVersion;
    private uint _policySeconds;

    private readonly EbpfHashes[] _hashes = new EbpfHashes[PacketBurst.MaxCount];

    private protected override void RunBurst(in Arrivals arrivals, Span<PacketFate> fates)
    {
        Begin(Seconds(arrivals.NowMs));

        // Who asks for an explanation is told of every step, by the code that tells.
        ulong plain = IsTraced || !_options.HasV4 ? 0 : FindPlain(arrivals);
        Prepare(arrivals.Burst.All & ~plain);
        PlainWay way = new(Network, arrivals) { HasNames = _translations.Count > 0 };
        ulong usual = plain != 0 ? PreparePlain(ref way, plain) : 0;
        for (int i = 0; i < arrivals.Burst.Count; i++)
        {
            if (((usual >> i) & 1) != 0 && TryRunUsual(ref way, i, out fates[i]))
                continue;
            if (((plain >> i) & 1) != 0)
            {
                if (TryRunPlain(ref way, i, out fates[i]))
                    continue;
                Keys[i] = ConntrackTable.KeyOf(KeysV4[i]);
                _hashes[i] = HashesOf(Keys[i]);
            }

            fates[i] = RunOne(arrivals, i);
            Count(fates[i], 1);
            way.HasNames = _translations.Count > 0;
        }

        Wrap(ref way, fates);
        Count(way);
    }

    /// <summary>
    /// Two things that a packet need not do again when one of its connection did them in this second, which the connection's end tells: to mark the entry as used, while the
    /// map's hour is that of the whole second; and to ask the policy, while that is older.
    /// </summary>
    private void Begin(uint now)
    {
        if (_connections.Hours != _hours)
            (_hours, _hourSeconds) = (_connections.Hours, now);
        _marked = now > _hourSeconds ? _hours : -1;
        if (_policy is not null && _policy.Version is var version && version != _policyVersion)
            (_policyVersion, _policySeconds) = (version, now);
    }

    /// <summary>Hashes what packets of any kind need, and asks the memory for it. An entry counts as used in its packet's turn, not here.</summary>
    private void Prepare(ulong packets)
    {
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if ((Infos[i].Flags & PacketFlags.Ipv4) != 0)
                Keys[i] = ConntrackTable.KeyOf(KeysV4[i]);
            _hashes[i].Scoped = _services.Prepare(Keys[i]);
        }

        // A packet to a service has an entry of its own that says which backend; any other may be an answer.
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            ref EbpfHashes hashes = ref _hashes[i];
            (hashes.Service, hashes.Backend) = (_services.Find(Keys[i], hashes.Scoped), 0);
            if (hashes.Service >= 0)
                hashes.Scoped = _connections.Prepare(InScope(Keys[i], ServiceScope));
            else
                (hashes.Answer, hashes.Forward) = (_connections.Prepare(FlowKeyV6.Reverse(Keys[i])), _connections.Prepare(Keys[i]));
        }

        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            ref EbpfHashes hashes = ref _hashes[i];
            if (hashes.Service < 0)
                continue;
            EbpfConnection* entry = _connections.Locate(InScope(Keys[i], ServiceScope), hashes.Scoped);
            if (entry == null)
                continue;
            ref EbpfBackend backend = ref _backends[entry->Number - 1];
            (hashes.Backend, hashes.Forward) = (entry->Number, _connections.Prepare(ConnectionKeys.WithDestination(Keys[i], backend.Address, backend.PortBe)));
        }
    }
}
