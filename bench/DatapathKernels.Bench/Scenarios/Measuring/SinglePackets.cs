using System.Diagnostics;
using DatapathKernels.Bench.Latency;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>Packets timed one by one, with something else done now and then between them.</summary>
internal static class SinglePackets
{
    private const int Interruption = 64;

    /// <param name="packets">How many.</param>
    /// <param name="send">Sends the packet of that number; false when it reached no backend.</param>
    /// <param name="latency">Receives nanoseconds; the clock's own 20 or so are in every one.</param>
    /// <param name="between">Done before every 64th packet, and part of what that packet waits; null for nothing.</param>
    public static void Time(int packets, Func<int, bool> send, LatencyHistogram latency, Action? between)
    {
        for (int i = 0; i < packets; i++)
        {
            long start = Stopwatch.GetTimestamp();
            if (i % Interruption == 0)
                between?.Invoke();
            bool reached = send(i);
            latency.Record((long)Nanoseconds.Since(start));
            if (!reached)
                throw new InvalidOperationException("a packet reached no backend");
        }
    }
}
