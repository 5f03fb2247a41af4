using System.Globalization;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>The text of rules and elements.</summary>
internal static class NftRuleText
{
    public static string Of(NftRule rule)
    {
        string text = string.Join(' ', rule.Statements.Select(Of));
        return rule.Comment is null ? text : $"{text} comment \"{rule.Comment}\"";
    }

    public static string Of(NftSet set, NftElement element)
    {
        string text = string.Join(" . ", element.Key.Select((value, i) => NftText.Format(set.Types[i], value)));
        if (element.TimeoutMs is { } timeoutMs)
            text += $" timeout {NftText.Duration(timeoutMs)}";
        if (element.Comment is { } comment)
            text += $" comment \"{comment}\"";
        return element.Verdict is { } verdict ? $"{text} : {NftText.NameOf(verdict)}" : text;
    }

    private static string Of(NftStatement statement) => statement switch
    {
        NftComparison comparison => Of(comparison),
        NftMembership membership => $"{Key(membership.Key)} {(membership.Negated ? "!= " : "")}{Of(membership.Set)}",
        NftVerdictMap map => $"{Key(map.Key)} vmap {Of(map.Map)}",
        NftNumberMap numbers => string.Create(CultureInfo.InvariantCulture, $"numgen {(numbers.IsRandom ? "random" : "inc")} mod {numbers.Modulus} {(numbers.Offset > 0 ? $"offset {numbers.Offset} " : "")}vmap {Of(numbers.Map)}"),
        NftSetMark mark => Of(mark),
        NftUpdate update => $"{Word(update.Mode)} @{update.Set} {{ {Key(update.Key)} {(update.TimeoutMs is { } ms ? $"timeout {NftText.Duration(ms)} " : "")}}}",
        NftTranslation translation => Of(translation.Target),
        NftReject reject => reject.Kind is { } kind ? $"reject with {NftText.NameOf(kind)}" : "reject",
        NftCounter counter => string.Create(CultureInfo.InvariantCulture, $"counter packets {counter.Packets} bytes {counter.Bytes}"),
        NftVerdictStatement verdict => NftText.NameOf(verdict.Verdict),
        _ => throw new ArgumentException($"{statement} has no text", nameof(statement)),
    };

    private static string Of(NftComparison comparison)
    {
        string text = NftText.NameOf(comparison.Field);
        string value = NftText.Format(NftFields.TypeOf(comparison.Field), comparison.Value);
        if (comparison.Mask is not { } mask)
            return $"{text} {(comparison.Negated ? "!= " : "")}{value}";
        return $"{text} and {NftText.Hex(mask)} {(comparison.Negated ? "!=" : "==")} {(comparison.Value.Low == UInt128.Zero ? "0" : value)}";
    }

    private static string Of(NftSetReference set)
    {
        if (set.Inline is not { } inline)
            return "@" + set.Name;
        return $"{{ {string.Join(" , ", inline.Elements.Select(element => Of(inline, element)))} }}";
    }

    private static string Of(NftSetMark mark)
    {
        string name = mark.OfConnection ? "ct mark" : "mark";
        uint or = ~mark.And & mark.Xor, xor = mark.And & mark.Xor;
        if (mark.And == 0)
            return $"{name} set {NftText.Hex(mark.Xor)}";
        string text = $"{name} set {name}";
        if (~mark.And != or)
            text += $" and {NftText.Hex(mark.And)}";
        if (or != 0)
            text += $" or {NftText.Hex(or)}";
        return xor != 0 ? $"{text} xor {NftText.Hex(xor)}" : text;
    }

    private static string Of(NatTarget target)
    {
        string text = target.Kind switch { NatKind.Dnat => "dnat", NatKind.Snat => "snat", NatKind.Masquerade => "masquerade", _ => "redirect" };
        if (target.Low is not null || target.Ports is not null)
            text += " to " + Destination(target);
        if ((target.Flags & NatFlags.Random) != 0)
            text += " random";
        if ((target.Flags & NatFlags.RandomFully) != 0)
            text += " fully-random";
        return (target.Flags & NatFlags.Persistent) != 0 ? text + " persistent" : text;
    }

    private static string Destination(NatTarget target)
    {
        string ports = target.Ports is { } range ? ":" + NftText.Format(NftDataType.Port, new NftValue(range.Low, range.High)) : "";
        if (target is not { Low: { } low, High: { } high })
            return ports;
        bool brackets = target.Family == IpFamily.V6 && ports.Length > 0;
        string first = Bracketed(IpNetwork.Format(target.Family, low), brackets);
        return low == high ? first + ports : $"{first}-{Bracketed(IpNetwork.Format(target.Family, high), brackets)}{ports}";
    }

    private static string Bracketed(string address, bool brackets) => brackets ? $"[{address}]" : address;

    private static string Word(NftUpdateMode mode) => mode switch { NftUpdateMode.Add => "add", NftUpdateMode.Update => "update", _ => "delete" };

    private static string Key(IReadOnlyList<NftField> key) => string.Join(" . ", key.Select(NftText.NameOf));
}
