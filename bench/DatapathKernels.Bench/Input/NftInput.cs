using System.Text;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Nft;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>The user's nftables ruleset, as <c>nft list ruleset</c> prints it or <c>nft -f</c> reads it: its rules, its services, and what must be said about it.</summary>
internal sealed class NftInput
{
    /// <summary>Names the file to the processes that measure.</summary>
    public const string Variable = "DATAPATH_NFT";

    private const string Expected = "a ruleset as 'nft list ruleset' prints it", ProxyTable = "kube-proxy", ServiceMap = "service-ips";

    private static readonly string[] s_commands = ["table", "add", "create", "insert", "flush", "delete", "destroy"];

    private NftInput(NftRuleset ruleset, string name, string? leftOut)
    {
        Ruleset = ruleset;
        int v4 = ServicesOf(ruleset, NftFamily.Ip).Count, v6 = ServicesOf(ruleset, NftFamily.Ip6).Count;
        Family = v6 > v4 || ruleset.Tables.All(table => table.Family == NftFamily.Ip6) ? IpFamily.V6 : IpFamily.V4;
        Services = ServicesOf(ruleset, Family == IpFamily.V6 ? NftFamily.Ip6 : NftFamily.Ip);
        using NftMatcher matcher = new(ruleset, Family, new MatcherOptions());
        Notes =
        [
            $"{name}: {matcher.RuleCount} nftables rules for IP{Family.ToString().ToLowerInvariant()}, {Services.Count} service ports in the map {ServiceMap} of table {ProxyTable}",
            .. leftOut is null ? (string[])[] : [leftOut],
        ];
    }

    /// <summary>The rules.</summary>
    public NftRuleset Ruleset { get; }

    /// <summary>The family measured: the one with more services.</summary>
    public IpFamily Family { get; }

    /// <summary>Addresses, ports and protocols of kube-proxy's services.</summary>
    public IReadOnlyList<(UInt128 Address, ushort Port, IpProtocol Protocol)> Services { get; }

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>True when a file's first word is a command of nft.</summary>
    public static bool Suits(ReadOnlySpan<byte> bytes)
    {
        foreach (Range line in bytes.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> text = bytes[line].Trim(" \t\r"u8);
            if (text.IsEmpty || text[0] == '#')
                continue;
            int end = text.IndexOfAny((byte)' ', (byte)'\t');
            return end > 0 && s_commands.Contains(Encoding.UTF8.GetString(text[..end]));
        }

        return false;
    }

    /// <summary>Reads the file named by <see cref="Variable"/>.</summary>
    public static NftInput FromEnvironment() =>
        Load(Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException($"{Variable} is not set"));

    /// <summary>Reads a ruleset; one packed with gzip is unpacked. Where another program's table has what is not known here, kube-proxy's alone are read, and that is said.</summary>
    /// <exception cref="BadInputException">It is not a ruleset.</exception>
    public static NftInput Load(string path)
    {
        string text = Encoding.UTF8.GetString(InputFile.ReadAll(path)), name = Path.GetFileName(path);
        try
        {
            return Of(text, path, name, new NftParseOptions(), null);
        }
        catch (NftFormatException unknown)
        {
            string left = $"{unknown.Message.Replace(path, name, StringComparison.Ordinal)}; tables of others than {ProxyTable} are left out";
            return Of(text, path, name, new NftParseOptions { Tables = [ProxyTable] }, left, unknown);
        }
    }

    private static NftInput Of(string text, string path, string name, NftParseOptions options, string? left, NftFormatException? first = null)
    {
        try
        {
            NftRuleset ruleset = NftParser.Parse(text, options, path);
            if (ruleset.Tables.Sum(table => table.Chains.Sum(chain => chain.Rules.Count)) == 0)
                throw new BadInputException(first is null ? $"{path}: no rule in it; expected {Expected}" : first.Message);
            return new NftInput(ruleset, name, left);
        }
        catch (NftFormatException wrong) when (first is not null)
        {
            throw new BadInputException(wrong.Message);
        }
        catch (RulesetException wrong)
        {
            throw new BadInputException($"{path}: {wrong.Message.TrimEnd('.')}; expected {Expected}");
        }
    }

    private static List<(UInt128 Address, ushort Port, IpProtocol Protocol)> ServicesOf(NftRuleset ruleset, NftFamily family)
    {
        if (ruleset.Find(family, ProxyTable)?.FindSet(ServiceMap) is not { Types.Count: 3 } map)
            return [];
        return [.. map.Elements.Where(element => element.Key.All(value => value.IsSingle)).Select(element => (element.Key[0].Low, (ushort)element.Key[2].Low, (IpProtocol)(byte)element.Key[1].Low))];
    }
}
