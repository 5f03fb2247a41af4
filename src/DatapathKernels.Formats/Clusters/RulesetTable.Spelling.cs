using System.Buffers;
using System.Globalization;

namespace DatapathKernels.Formats.Clusters;

/// <summary>How a rule is spelled: the same parts in two orders.</summary>
internal sealed partial class RulesetTable
{
    private void PutRestore(in KubeRule rule)
    {
        PutComment(rule.Comment, quoteAlways: false);
        PutAddressType(rule);
        if (rule.RecentSet is not null)
            Put(" -m recent --name ", rule.RecentSet, " --set");
        if (rule.Protocol is not null)
            Put(" -m ", rule.Protocol, " -p ", rule.Protocol);
        PutAddress(" -d ", rule.Destination, rule.NotDestination, "");
        PutPort(rule.DestinationPort);
        PutAddress(" -s ", rule.Source, rule.NotSource, "");
        PutInterface(rule.Interface, rule.NotInterface);
        if (rule.RecentCheck is not null)
            Put(" -m recent --name ", rule.RecentCheck, " --rcheck --seconds ", Number(rule.RecentSeconds), " --reap");
        PutMarkAndStates(rule);
        if (rule.Probability > 0)
            Put(" -m statistic --mode random --probability ", rule.Probability.ToString("F10", CultureInfo.InvariantCulture));
        if (rule.Target is not null)
            Put(" -j ", rule.Target);
    }

    private void PutSave(in KubeRule rule)
    {
        string suffix = v6 ? "/128" : "/32";
        string recent = v6
            ? " --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource"
            : " --mask 255.255.255.255 --rsource";
        PutAddress(" -s ", rule.Source, rule.NotSource, suffix);
        PutAddress(" -d ", rule.Destination, rule.NotDestination, suffix);
        PutInterface(rule.Interface, rule.NotInterface);
        if (rule.Protocol is not null)
            Put(" -p ", rule.Protocol);
        PutComment(rule.Comment, quoteAlways: true);
        PutAddressType(rule);
        if (rule.RecentSet is not null)
            Put(" -m recent --set --name ", rule.RecentSet, recent);
        if (rule.Protocol is not null)
            Put(" -m ", rule.Protocol);
        PutPort(rule.DestinationPort);
        if (rule.RecentCheck is not null)
            Put(" -m recent --rcheck --seconds ", Number(rule.RecentSeconds), " --reap --name ", rule.RecentCheck, recent);
        PutMarkAndStates(rule);
        if (rule.Probability > 0)
            Put(" -m statistic --mode random --probability ", KernelProbability(rule.Probability));
        if (rule.Target is not null)
            Put(" -j ", SavedTarget(rule.Target));
    }

    /// <summary>What the kernel keeps of a probability printed with ten decimals: a threshold of 31 bits.</summary>
    private static string KernelProbability(double probability)
    {
        double printed = double.Parse(probability.ToString("F10", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        double kept = Math.Round(printed * 2147483648.0, MidpointRounding.AwayFromZero) / 2147483648.0;
        return kept.ToString("F11", CultureInfo.InvariantCulture);
    }

    private string SavedTarget(string target) => target switch
    {
        "REJECT" => v6 ? "REJECT --reject-with icmp6-port-unreachable" : "REJECT --reject-with icmp-port-unreachable",
        _ when Operand(target, "MARK --or-mark ") is { } bit => $"MARK --set-xmark {bit}/{bit}",
        _ when Operand(target, "MARK --xor-mark ") is { } bit => $"MARK --set-xmark {bit}/0x0",
        _ => target,
    };

    private static string? Operand(string target, string words) => target.StartsWith(words, StringComparison.Ordinal) ? target[words.Length..] : null;

    /// <summary>kube-proxy quotes a comment that holds a blank, iptables-save any that is not one plain word.</summary>
    private void PutComment(string? comment, bool quoteAlways)
    {
        if (comment is null)
            return;
        if (quoteAlways || comment.Contains(' '))
            Put(" -m comment --comment \"", comment, "\"");
        else
            Put(" -m comment --comment ", comment);
    }

    private void PutAddressType(in KubeRule rule)
    {
        if (rule.SourceIsLocal)
            Put(" -m addrtype --src-type LOCAL");
        if (rule.DestinationIsLocal)
            Put(" -m addrtype --dst-type LOCAL");
    }

    private void PutAddress(string option, string? address, bool not, string suffix)
    {
        if (address is null)
            return;
        if (not)
            Put(" !");
        Put(option, address, address.Contains('/') ? "" : suffix);
    }

    private void PutInterface(string? name, bool not)
    {
        if (name is not null)
            Put(not ? " ! -i " : " -i ", name);
    }

    private void PutPort(int port)
    {
        if (port != 0)
            Put(" --dport ", Number(port));
    }

    private void PutMarkAndStates(in KubeRule rule)
    {
        if (rule.Mark is not null)
            Put(rule.NotMark ? " -m mark ! --mark " : " -m mark --mark ", rule.Mark);
        if (rule.States is not null)
            Put(rule.NotStates ? " -m conntrack ! --ctstate " : " -m conntrack --ctstate ", rule.States);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private void Put(params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
            _text.Write(part);
    }
}
