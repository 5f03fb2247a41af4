using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>
/// A network namespace of a test's own: no device, address or packet of the machine's is in it, and it is gone with the thread that made
/// it. Needs root on Linux and iproute2.
/// </summary>
public static partial class LinuxNetwork
{
    private const int NewNetwork = 0x4000_0000;

    /// <summary>Runs a test in a new namespace, on a thread of its own; what it throws is thrown here.</summary>
    public static void Run(Action test)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                if (Unshare(NewNetwork) != 0)
                    throw new InvalidOperationException($"no network namespace: error {Marshal.GetLastPInvokeError()}");
                test();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Runs <c>ip</c> in the calling thread's namespace, once a line.</summary>
    public static void Ip(string lines)
    {
        foreach (string line in lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            using Process process = Process.Start(new ProcessStartInfo("ip", line) { RedirectStandardError = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"ip {line}: {error}");
        }
    }

    /// <summary>Why no such test can run here; null when it can.</summary>
    /// <param name="lines">What the test will ask of <see cref="Ip"/> first, to see whether this kernel has it.</param>
    public static string? SkipReason(string lines)
    {
        if (!OperatingSystem.IsLinux())
            return "network namespaces are Linux's";
        if (!File.Exists("/dev/net/tun"))
            return "there is no /dev/net/tun";
        try
        {
            Run(() => Ip(lines));
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"needs root and iproute2: {e.Message.Trim()}";
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);
}

/// <summary>A test against the VXLAN device of the kernel it runs on.</summary>
public sealed class KernelVxlanFactAttribute : FactAttribute
{
    internal static readonly string? Reason = LinuxNetwork.SkipReason("link add name v0 type vxlan id 1 dstport 4789 remote 192.0.2.1 local 192.0.2.2");

    public KernelVxlanFactAttribute() => Skip = Reason;
}

/// <summary>Such a test with rows.</summary>
public sealed class KernelVxlanTheoryAttribute : TheoryAttribute
{
    public KernelVxlanTheoryAttribute() => Skip = KernelVxlanFactAttribute.Reason;
}
