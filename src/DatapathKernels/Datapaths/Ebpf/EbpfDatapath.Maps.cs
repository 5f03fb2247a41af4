using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>What the maps hold: backends chosen, connections and their lifetimes (<c>bpf/lib/conntrack.h</c>), names for answers.</content>
public sealed unsafe partial class EbpfDatapath
{
    // What an entry is for stands where its key has the zone: a service's backend, the name a flow takes, whose name an answer bears.
    private const ushort ServiceScope = 1, NameScope = 2, AnswerScope = 3;
    private const int MostPortDraws = 128, FirstPort = 1024;

    private static FlowKeyV6 InScope(in FlowKeyV6 key, ushort scope) => FlowKeyV6.InZone(key, scope);

    private bool TryFind(in FlowKeyV6 key, out EbpfFrontend frontend)
    {
        int id = _services.Find(key, _services.HashOf(key));
        frontend = id >= 0 ? _frontends[id]! : null!;
        return id >= 0;
    }

    /// <summary>An entry whose time is not over.</summary>
    private EbpfConnection* Find(in FlowKeyV6 key, uint now) => Find(key, _connections.HashOf(key), now);

    private EbpfConnection* Find(in FlowKeyV6 key, ulong hash, uint now)
    {
        EbpfConnection* entry = _connections.Touch(key, hash);
        return entry != null && entry->ExpiresSeconds >= now ? entry : null;
    }

    /// <summary>A backend for a new connection.</summary>
    private bool TryChoose(EbpfFrontend frontend, in FlowKeyV6 key, uint now, out int backend)
    {
        backend = -1;
        int[] all = frontend.Backends;
        if (all.Length == 0)
            return false;
        if (frontend.AffinitySeconds > 0 && (backend = _affinities.Find(key.Source, frontend.AffinityNumber, now, frontend.AffinitySeconds)) >= 0)
            return true;
        backend = all[frontend.Maglev is { } table ? table.Lookup(HashOf(key, frontend.AffinitySeconds > 0)) : (int)Draw((uint)all.Length)];
        if (frontend.AffinitySeconds > 0)
            _affinities.Remember(key.Source, frontend.AffinityNumber, backend, now);
        return true;
    }

    private uint HashOf(in FlowKeyV6 key, bool affinity) => ConnectionKeys.IsV4(key.Source)
        ? _maglev.Hash(new FlowKeyV4(WordOf(key.Source), WordOf(key.Destination), key.SourcePortBe, key.DestinationPortBe, key.Protocol), affinity)
        : _maglev.Hash(key, affinity);

    private uint Draw(uint count) => Draw(ref _draw, count);

    private static uint Draw(ref ulong state, uint count)
    {
        state = (state * 6364136223846793005) + 1442695040888963407;
        return (uint)(((state >> 32) * count) >> 32);
    }

    /// <summary>Gives a flow the node's address, and a port that no other flow to the same place has.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTakeName(Span<byte> frame, in PacketInfo info, in FlowKeyV6 key, uint now)
    {
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        FlowKeyV6 own = InScope(key, NameScope);
        if (_translations.TryFind(own, out EbpfTranslation name) && IsAnswered(key, name))
            return Rename(frame, info, name);
        name = new EbpfTranslation { Address = ipv4 ? Network.AddressV4 : Network.AddressV6, PortBe = key.SourcePortBe, UsedSeconds = now };
        for (int draws = 0; _translations.Contains(AnswerKey(key, name)); draws++)
        {
            if (draws == MostPortDraws)
                return false;
            name.PortBe = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)(FirstPort + Draw(ushort.MaxValue + 1 - FirstPort)));
        }

        _translations.Update(own, name);
        _translations.Update(AnswerKey(key, name), new EbpfTranslation { Address = key.Source, PortBe = key.SourcePortBe, UsedSeconds = now });
        return Rename(frame, info, name);
    }

    private bool Rename(Span<byte> frame, in PacketInfo info, in EbpfTranslation name)
    {
        if (IsTraced)
            Step("source translation map", "the node's name", CostClass.Lookup);
        return SetSource(frame, info, name.Address, name.PortBe) == RewriteStatus.Ok;
    }

    /// <summary>False when the map threw out the half of a translation that answers need.</summary>
    private bool IsAnswered(in FlowKeyV6 key, in EbpfTranslation name) =>
        _translations.TryFind(AnswerKey(key, name), out EbpfTranslation back) && back.Address == key.Source && back.PortBe == key.SourcePortBe;

    private static FlowKeyV6 AnswerKey(in FlowKeyV6 key, in EbpfTranslation name) =>
        new(key.Destination, name.Address, key.DestinationPortBe, name.PortBe, key.Protocol, AnswerScope);

    /// <summary>An answer to a flow that bears the node's name goes to the flow's own address.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryRestoreDestination(Span<byte> frame, in PacketInfo info, ref FlowKeyV6 key)
    {
        if (!_translations.TryFind(InScope(key, AnswerScope), out EbpfTranslation own))
            return false;
        SetDestination(frame, info, own.Address, own.PortBe);
        key = ConnectionKeys.WithDestination(key, own.Address, own.PortBe);
        if (IsTraced)
            Step("source translation map", "an answer to the node's name", CostClass.Lookup);
        return true;
    }

    private EbpfHashes HashesOf(in FlowKeyV6 key) => new()
    {
        Service = _services.Find(key, _services.HashOf(key)),
        Scoped = _connections.HashOf(InScope(key, ServiceScope)),
        Answer = _connections.HashOf(FlowKeyV6.Reverse(key)),
        Forward = _connections.HashOf(key),
    };

    private static uint WordOf(in IPv6Address address) => IPv6Address.FirstWord(ConnectionKeys.Wire(ipv4: true, address));

    private static RewriteStatus SetDestination(Span<byte> frame, in PacketInfo info, in IPv6Address address, ushort portBe) => (info.Flags & PacketFlags.Ipv4) != 0
        ? AddressRewriter.SetDestination(frame, info, WordOf(address), portBe)
        : AddressRewriter.SetDestination(frame, info, address, portBe);

    private static RewriteStatus SetSource(Span<byte> frame, in PacketInfo info, in IPv6Address address, ushort portBe) => (info.Flags & PacketFlags.Ipv4) != 0
        ? AddressRewriter.SetSource(frame, info, WordOf(address), portBe)
        : AddressRewriter.SetSource(frame, info, address, portBe);
}
