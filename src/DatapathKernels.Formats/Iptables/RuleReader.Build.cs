using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <content>The matches and the target of a rule whose words are read.</content>
internal sealed partial class RuleReader
{
    private const byte Syn = 2;

    private RuleMatch[] BuildMatches(int line)
    {
        foreach (RuleMatch? match in _base)
        {
            if (match is not null)
                _matches.Add(Pooled(match));
        }

        for (int i = 0; i < _draftCount; i++)
        {
            if (_drafts[i].FaultOf(Family ?? IpFamily.V4) is { } fault)
                throw new SyntaxException(ColumnOf(_drafts[i]), fault);
            RuleMatch match = _drafts[i].Build(Family ?? IpFamily.V4, _tokens);
            if (match is UnknownMatch unknown)
                Note(false, unknown.Module, line);
            RequireProtocol(match, _drafts[i]);
            _matches.Add(match is CommentMatch ? match : Pooled(match));
        }

        return [.. _matches];
    }

    /// <summary>Ports, TCP flags and ICMP types are read where the protocol has them: iptables wants it named, and not negated.</summary>
    private void RequireProtocol(RuleMatch match, MatchDraft draft)
    {
        bool hasPorts = _protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp or IpProtocol.Dccp;
        (IpProtocol? needed, string what) = match switch
        {
            TcpMatch => (IpProtocol.Tcp, "tcp"),
            PortMatch ports => (ports.Protocol, Names.Of(ports.Protocol)),
            IcmpMatch icmp => icmp.Family == IpFamily.V4 ? (IpProtocol.Icmp, "icmp") : (IpProtocol.IcmpV6, "icmp6"),
            EcnMatch { Cwr: not null } or EcnMatch { Ece: not null } => (IpProtocol.Tcp, "ecn --ecn-tcp-cwr or --ecn-tcp-ece"),
            _ => ((IpProtocol?)null, ""),
        };
        if (match is MultiportMatch && !hasPorts)
            throw new SyntaxException(ColumnOf(draft), "expected -p tcp, udp, udplite, sctp or dccp in a rule with -m multiport");
        if (needed is { } protocol && _protocol != protocol)
            throw new SyntaxException(ColumnOf(draft), $"expected -p {Names.Of(protocol)} in a rule with -m {what}");
    }

    /// <summary>Ports, resets and segment sizes are written where the protocol has them.</summary>
    private void RequireProtocol(RuleTarget target)
    {
        // As in iptables, a negated protocol is as good as named for ports.
        bool hasPorts = _base[4] is ProtocolMatch { Protocol: IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.Dccp or IpProtocol.Icmp };
        if (target is NatTarget { Ports: not null } && !hasPorts)
            throw new SyntaxException(_targetColumn, "expected -p tcp, udp, sctp, dccp or icmp in a rule whose target names ports");
        if (target is RejectTarget { Reject: RejectKind.TcpReset } && _protocol != IpProtocol.Tcp)
            throw new SyntaxException(_targetColumn, "expected -p tcp in a rule that rejects with tcp-reset");
        if (target is TcpMssTarget && !_matches.Exists(match => match is TcpMatch { FlagsNegated: false } tcp && (tcp.FlagValue & Syn) != 0))
            throw new SyntaxException(_targetColumn, "expected -p tcp with --syn or --tcp-flags that ask for SYN in a rule with -j TCPMSS");
    }

    private int ColumnOf(MatchDraft draft) => _tokens.ColumnOf(draft.Raw.Count > 0 ? draft.Raw[0].From : _tokens.Count - 1);

    private RuleTarget? BuildTarget(int line)
    {
        if (_target is null)
            return _simpleTarget;
        if (_target.IsIncomplete)
            throw new SyntaxException(_targetColumn, "expected a target with its options, found one without the option that says what it does");
        RuleTarget target = _target.Build(Family ?? IpFamily.V4, _tokens);
        RequireProtocol(target);
        if (target is UnknownTarget unknown)
            Note(true, unknown.Name, line);
        if (_targetPool.TryGetValue(target, out RuleTarget? pooled))
            return pooled;
        _targetPool.Add(target, target);
        return target;
    }

    private RuleMatch Pooled(RuleMatch match)
    {
        if (_matchPool.TryGetValue(match, out RuleMatch? pooled))
            return pooled;
        _matchPool.Add(match, match);
        return match;
    }

    private void Note(bool isTarget, string name, int line)
    {
        if (!_unknown.TryGetValue((isTarget, name), out List<int>? lines))
            _unknown.Add((isTarget, name), lines = []);
        lines.Add(line);
    }
}
