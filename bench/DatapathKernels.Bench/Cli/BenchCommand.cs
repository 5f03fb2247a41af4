using System.CommandLine;
using System.CommandLine.Parsing;
using DatapathKernels.Bench.Running;
using DatapathKernels.Report.Comparison;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Bench.Cli;

/// <summary>The command line of <c>run-bench.sh</c>: what may be asked, and the way from arguments to an exit code.</summary>
internal sealed class BenchCommand
{
    private readonly Option<bool> _quick = new("--quick") { Description = "A few short iterations of everything, within 5 minutes on 2 cores (the default)" };
    private readonly Option<bool> _full = new("--full") { Description = "More and longer iterations, three processes a case, some 4 hours: for results to publish" };
    private readonly Option<string> _filter = new("--filter") { HelpName = "GLOB", Description = "Only the benchmarks whose name matches: 'ServiceLookupBench*', '*.Dictionary', '*Services=1000'" };
    private readonly Option<string> _rules = new("--rules") { HelpName = "FILE", Description = "Measure these rules instead of the built-in cluster's: an iptables-save dump, what nft list ruleset prints, or Services and EndpointSlices (.yaml, .json)" };
    private readonly Option<string[]> _services = new("--services") { HelpName = "FILE", Description = "Measure whole datapaths, and run the scenarios that can use it, on this cluster: Services, EndpointSlices, Nodes (.yaml, .json); may be given several times", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _policies = new("--policies") { HelpName = "FILE", Description = "With --services: also with these NetworkPolicies, Pods and Namespaces; may be given several times", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _capture = new("--capture") { HelpName = "FILE", Description = "Measure the packets of this pcap or pcapng file; with --services, draw services as often as it has packets to them" };
    private readonly Option<string> _out = new("--out") { HelpName = "DIR", Description = "Write the results here (default: results/<machine>/<UTC date-time>)" };
    private readonly Option<bool> _list = new("--list") { Description = "Print the benchmarks and stop" };
    private readonly Option<string[]> _compare = new("--compare") { HelpName = "A B", Description = "Print two result folders side by side and stop", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true };

    /// <summary>Parses the arguments, does what they ask and returns the exit code. Wrong input is an error line, not an exception.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            BenchCommand command = new();
            ParseResult parsed = command.Build(options => Do(options, output)).Parse(args);
            if (parsed.Errors.Count > 0)
                throw new BadInputException(string.Join("; ", parsed.Errors.Select(e => e.Message.TrimEnd('.'))) + "; expected options as --help lists them");
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception wrong) when (wrong is BadInputException or RecordFormatException)
        {
            error.WriteLine($"error: {wrong.Message}");
            return ExitCode.BadInput;
        }
    }

    /// <summary>Parses the arguments without running anything.</summary>
    /// <exception cref="BadInputException">The arguments contradict one another or name no such option.</exception>
    internal static BenchOptions Parse(string[] args)
    {
        BenchOptions? result = null;
        BenchCommand command = new();
        ParseResult parsed = command.Build(options => { result = options; return ExitCode.Ok; }).Parse(args);
        if (parsed.Errors.Count > 0)
            throw new BadInputException(parsed.Errors[0].Message);
        parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        return result ?? throw new BadInputException("the arguments ask for help, not for a run");
    }

    private static int Do(BenchOptions options, TextWriter output)
    {
        if (options.Compare is not [var first, var second])
            return BenchSession.Run(options, output);
        ComparisonWriter.Write(first, second, output);
        return ExitCode.Ok;
    }

    private RootCommand Build(Func<BenchOptions, int> action)
    {
        RootCommand root = new("Measures the datapaths of a Kubernetes node on this machine and writes a report.")
        {
            _quick, _full, _filter, _rules, _services, _policies, _capture, _out, _list, _compare,
        };
        root.SetAction(parsed => action(Read(parsed)));
        return root;
    }

    private BenchOptions Read(ParseResult parsed)
    {
        RequireValues(parsed);
        if (parsed.GetValue(_quick) && parsed.GetValue(_full))
            throw new BadInputException("--quick and --full exclude each other; expected one of them");
        if (parsed.GetValue(_compare) is { Length: > 0 } && parsed.CommandResult.Children.OfType<OptionResult>().Any(o => !o.Implicit && o.Option != _compare))
            throw new BadInputException("--compare measures nothing and stands alone; expected no other option beside it");
        if (parsed.GetValue(_policies) is { Length: > 0 } && parsed.GetValue(_services) is not { Length: > 0 })
            throw new BadInputException("--policies without --services has nothing to let through; expected both");
        return new BenchOptions
        {
            Profile = parsed.GetValue(_full) ? BenchProfile.Full : BenchProfile.Quick,
            Filter = parsed.GetValue(_filter) is { } glob ? new NameFilter(glob) : null,
            RulesFile = FullPath(parsed.GetValue(_rules), "--rules", "an iptables-save dump or an nft ruleset"),
            ServiceFiles = FullPaths(parsed.GetValue(_services), "--services", "manifests"),
            PolicyFiles = FullPaths(parsed.GetValue(_policies), "--policies", "manifests"),
            CaptureFile = FullPath(parsed.GetValue(_capture), "--capture", "a pcap or pcapng file"),
            OutputFolder = FullPath(parsed.GetValue(_out), "--out", "a folder"),
            List = parsed.GetValue(_list),
            Compare = FullPaths(parsed.GetValue(_compare), "--compare", "two result folders"),
        };
    }

    /// <summary>An option that takes a value takes the next word, whatever it is: one that is an option itself was not meant.</summary>
    private static void RequireValues(ParseResult parsed)
    {
        foreach (OptionResult option in parsed.CommandResult.Children.OfType<OptionResult>().Where(o => !o.Implicit))
        {
            if (option.Tokens.FirstOrDefault(t => t.Value.StartsWith("--", StringComparison.Ordinal)) is { } next)
                throw new BadInputException($"{option.Option.Name} has no value; expected {option.Option.HelpName} behind it, found the option '{next.Value}'");
        }
    }

    private static string[]? FullPaths(string[]? paths, string option, string expected) =>
        paths is { Length: > 0 } ? [.. paths.Select(path => FullPath(path, option, expected)!)] : null;

    private static string? FullPath(string? path, string option, string expected) => path switch
    {
        null => null,
        "" => throw new BadInputException($"{option} is empty; expected {expected}"),
        _ => Path.GetFullPath(path),
    };
}
