using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>Every third-party capture: frames, times, lengths and link types are what tshark reads, or the reason why not.</summary>
public sealed class CorpusFrameTests
{
    /// <summary>Files this reader refuses, with the offset and what it finds there. tshark refuses all but the 2.5 one too.</summary>
    private static readonly Dictionary<string, (long Offset, string Found)> Refused = new()
    {
        ["libpcap__linktype-reserved-field-not-zero.pcap"] = (20, "00300000"),
        ["libpcap__pcap-invalid-version-1.pcap"] = (4, "1.4"),
        // tshark reads this one as if it were 2.4; libpcap refuses it, and so does this reader.
        ["libpcap__pcap-invalid-version-2.pcap"] = (4, "2.5"),
        ["libpcap__pcapng-invalid-vers-1.pcapng"] = (12, "0.1"),
        ["libpcap__pcapng-invalid-vers-2.pcapng"] = (12, "1.1"),
        ["libpcap__shb-option-too-long.pcapng"] = (48, "808464432"),
    };

    /// <summary>
    /// Frames whose fraction of a second is a second or more. This reader carries the excess into the seconds; tshark
    /// prints the fraction as it is, or what is left of it after an overflow.
    /// </summary>
    private static readonly Dictionary<(string, int), Int128> Carried = new()
    {
        [("tcpdump__timestamp_invalid_micro.pcap", 2)] = 1_418_145_371_000_000_000,
        [("tcpdump__timestamp_invalid_micro.pcap", 3)] = 1_418_147_517_483_648_000,
        [("tcpdump__timestamp_invalid_nano.pcap", 2)] = 1_418_145_371_000_000_000,
        [("tcpdump__timestamp_invalid_nano.pcap", 3)] = 1_418_145_372_147_483_648,
    };

    /// <summary>Wireshark's encapsulation numbers by LINKTYPE.</summary>
    private static readonly Dictionary<int, int> Encapsulations = new()
    {
        [0] = 15, [1] = 1, [9] = 4, [12] = 7, [101] = 7, [107] = 26, [113] = 25, [228] = 129, [229] = 130, [231] = 146, [253] = 158, [276] = 210,
    };

    [CorpusFact]
    public void Every_frame_agrees_with_tshark()
    {
        var failures = new ConcurrentBag<string>();
        int frames = 0;
        Parallel.ForEach(CorpusCapture.All, capture =>
        {
            if (!Refused.ContainsKey(capture.Name))
                Interlocked.Add(ref frames, Compare(capture, failures));
        });
        Assert.True(failures.IsEmpty, string.Join('\n', failures.Order(StringComparer.Ordinal).Take(40)));
        Assert.True(frames > 80_000, $"only {frames} frames were compared");
    }

    [CorpusFact]
    public void Files_that_are_wrong_are_refused_where_they_are_wrong()
    {
        foreach ((string name, (long offset, string found)) in Refused)
        {
            var error = Assert.Throws<CaptureFormatException>(() =>
            {
                using var reader = CaptureReader.Open(Corpus.PathOf("pcap", "files", name));
                while (reader.TryReadNext(out _))
                {
                }
            });
            Assert.Equal((name, offset, found), (name, error.Offset, error.Found));
        }
    }

    [CorpusFact]
    public void Every_capture_written_reads_back_the_same()
    {
        Parallel.ForEach(CorpusCapture.Captures.Where(c => !Refused.ContainsKey(c.Name)), capture =>
        {
            var copy = new MemoryStream();
            using var original = CaptureReader.Open(capture.Files[0]);
            bool hasRecord = original.TryReadNext(out CaptureRecord record);
            if (!hasRecord)
                return;
            LinkType link = record.LinkType;
            using (var writer = CaptureWriter.Create(copy, CaptureFormat.PcapNg, link))
            {
                for (; hasRecord; hasRecord = original.TryReadNext(out record))
                    writer.Write(record);
            }
            using var first = CaptureReader.Open(capture.Files[0]);
            using var second = CaptureReader.Open(new MemoryStream(copy.ToArray()), "copy of " + capture.Name);
            while (first.TryReadNext(out CaptureRecord a))
            {
                Assert.True(second.TryReadNext(out CaptureRecord b));
                Assert.True(a.Frame.SequenceEqual(b.Frame), capture.Name);
                Assert.Equal((a.TimestampNs, a.OriginalLength), (b.TimestampNs, b.OriginalLength));
            }
            Assert.False(second.TryReadNext(out _));
        });
    }

    private static int Compare(CorpusCapture capture, ConcurrentBag<string> failures)
    {
        using IEnumerator<JsonElement> oracle = capture.ReadOracle().GetEnumerator();
        int count = 0;
        foreach (string file in capture.Files)
        {
            using var reader = CaptureReader.Open(file);
            while (reader.TryReadNext(out CaptureRecord record))
            {
                count++;
                if (!oracle.MoveNext())
                    failures.Add($"{capture.Name} frame {count}: tshark has no such frame");
                else if (Difference(record, oracle.Current, (capture.Name, count)) is { } difference)
                    failures.Add($"{capture.Name} frame {count}: {difference}");
            }
            if (reader.Truncation is not null)
                failures.Add($"{capture.Name}: {reader.Truncation}");
        }
        if (oracle.MoveNext())
            failures.Add($"{capture.Name}: tshark reads more than {count} frames");
        return count;
    }

    private static string? Difference(in CaptureRecord record, JsonElement oracle, (string, int) frame)
    {
        if (oracle.GetProperty("cap_len").GetInt32() != record.CapturedLength)
            return $"captured length {record.CapturedLength}, tshark {oracle.GetProperty("cap_len")}";
        if (oracle.GetProperty("len").GetUInt32() != record.OriginalLength)
            return $"original length {record.OriginalLength}, tshark {oracle.GetProperty("len")}";
        if (oracle.TryGetProperty("if_id", out JsonElement interfaceId) && interfaceId.GetInt32() != record.InterfaceId)
            return $"interface {record.InterfaceId}, tshark {interfaceId}";
        // The peers' oracle gives neither time nor link type.
        if (!oracle.TryGetProperty("encap", out JsonElement encapsulation))
            return null;
        if (Encapsulations.GetValueOrDefault((int)record.LinkType, -1) != encapsulation.GetInt32())
            return $"link type {record.LinkType}, tshark's encapsulation {encapsulation}";
        bool hasTime = oracle.TryGetProperty("ts", out JsonElement time);
        if (hasTime != record.HasTimestamp)
            return $"time stamp {record.HasTimestamp}, tshark {hasTime}";
        if (!hasTime)
            return null;
        Int128 expected = Carried.TryGetValue(frame, out Int128 carried) ? carried : Nanoseconds(time.GetString()!);
        return expected == record.TimestampNs ? null : $"time {record.TimestampNs}, tshark {time}";
    }

    /// <summary>Seconds with nine decimals.</summary>
    private static Int128 Nanoseconds(string time) =>
        Int128.Parse(time.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
}
