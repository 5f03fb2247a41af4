using System.CommandLine;
using DatapathKernels.Report.Readme;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Cli;

/// <summary>The command line: <c>render DIR</c> and <c>readme</c>. Wrong input is one line of error and exit code 2.</summary>
internal static class ReportCommand
{
    private const int Ok = 0, BadInput = 2;

    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            ParseResult parsed = Build(output).Parse(args);
            if (parsed.Errors.Count > 0)
                throw new RecordFormatException($"{parsed.Errors[0].Message.TrimEnd('.')}; expected a command as --help lists them");
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception wrong) when (wrong is RecordFormatException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"error: {wrong.Message}");
            return BadInput;
        }
    }

    private static RootCommand Build(TextWriter output)
    {
        Argument<string> folder = new("DIR") { Description = "A folder with records.json and environment.txt" };
        Command render = new("render", "Writes report.md and report.html of a result folder again") { folder };
        render.SetAction(parsed => Render(parsed.GetValue(folder)!, output));
        Command readme = new("readme", "Brings the generated blocks of README.md and results/README.md up to date with the published results");
        readme.SetAction(_ => Readme(output));
        return new RootCommand("Turns benchmark records into reports.") { render, readme };
    }

    private static int Render(string folder, TextWriter output)
    {
        ReportRenderer.Rewrite(folder);
        output.WriteLine(Path.Combine(folder, ReportRenderer.HtmlName));
        return Ok;
    }

    private static int Readme(TextWriter output)
    {
        foreach ((string file, string text) in ReadmeGenerator.Generate(FindRoot()))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
            output.WriteLine(file);
        }

        return Ok;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DatapathKernels.sln")))
                return folder.FullName;
        }

        throw new RecordFormatException($"{Environment.CurrentDirectory}: no DatapathKernels.sln here or above; expected to run inside a clone");
    }
}
