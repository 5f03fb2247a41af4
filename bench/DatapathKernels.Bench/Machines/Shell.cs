using System.ComponentModel;
using System.Diagnostics;

namespace DatapathKernels.Bench.Machines;

/// <summary>Asks a program for its output; null when it is missing or fails.</summary>
internal static class Shell
{
    public static string? Ask(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process? process = Process.Start(start);
            if (process is null)
                return null;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string answer = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? answer : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
