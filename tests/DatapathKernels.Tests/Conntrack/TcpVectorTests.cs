using System.Buffers.Binary;
using System.Text.Json;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>TCP against the kernel's own tracker: its table, and every segment of its scenarios.</summary>
public class TcpVectorTests
{
    [Fact]
    public void Every_transition_and_timeout()
    {
        JsonElement vectors = Vectors.Load("algorithms/conntrack-tcp-table.json");
        int transitions = 0;
        foreach (JsonProperty direction in vectors.GetProperty("table").EnumerateObject())
        {
            foreach (JsonProperty segment in direction.Value.EnumerateObject())
            {
                foreach (JsonProperty from in segment.Value.EnumerateObject())
                {
                    TcpState next = TcpTransitions.Next(direction.Name == "reply", Enum.Parse<TcpSegmentKind>(segment.Name, ignoreCase: true), State(from.Name));
                    Assert.Equal(($"{direction.Name} {segment.Name} {from.Name}", State(from.Value.GetString()!)), ($"{direction.Name} {segment.Name} {from.Name}", next));
                    transitions++;
                }
            }
        }

        Assert.Equal(2 * 6 * 10, transitions);
        foreach (JsonProperty timeout in vectors.GetProperty("timeoutsSeconds").EnumerateObject())
        {
            int seconds = timeout.Name switch
            {
                "RETRANS" => TcpSettings.Default.MaxRetransmissionsTimeout,
                "UNACK" => TcpSettings.Default.UnacknowledgedTimeout,
                _ => TcpSettings.Default.StateTimeouts[(int)State(timeout.Name)],
            };
            Assert.Equal((timeout.Name, timeout.Value.GetInt32()), (timeout.Name, seconds));
        }
    }

    [Fact]
    public void Every_set_of_flags()
    {
        JsonElement vectors = Vectors.Load("algorithms/conntrack-tcp-table.json");
        HashSet<TcpFlags> valid = [.. vectors.GetProperty("validFlagCombos").EnumerateArray().Select(combo => Flags(combo.GetString()!))];
        for (int flags = 0; flags < 256; flags++)
        {
            TcpFlags counted = (TcpFlags)flags & (TcpFlags.Fin | TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Ack | TcpFlags.Urg);
            Assert.Equal(valid.Contains(counted), TcpTransitions.AreLegal((TcpFlags)flags));
        }
    }

    [Fact]
    public void Every_segment_of_the_scenarios()
    {
        int segments = 0;
        foreach (JsonElement scenario in Vectors.Load("algorithms/conntrack-tcp-trace.json").GetProperty("cases").EnumerateArray())
        {
            TcpReplay replay = new(scenario.GetProperty("config"));
            int at = 0;
            foreach (JsonElement expected in scenario.GetProperty("events").EnumerateArray())
            {
                string where = $"{scenario.GetProperty("name").GetString()} #{at++}: {expected}";
                string actual = replay.Take(expected);
                Assert.True(Expected(expected) == actual, $"{where}\nexpected {Expected(expected)}\nactual   {actual}");
                segments++;
            }
        }

        Assert.True(segments > 0);
    }

    internal static TcpState State(string name) => Enum.Parse<TcpState>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    internal static TcpFlags Flags(string letters)
    {
        TcpFlags flags = 0;
        foreach (char letter in letters)
        {
            flags |= letter switch
            {
                'F' => TcpFlags.Fin, 'S' => TcpFlags.Syn, 'R' => TcpFlags.Rst, 'P' => TcpFlags.Psh,
                'A' => TcpFlags.Ack, 'U' => TcpFlags.Urg, 'E' => TcpFlags.Ece, 'C' => TcpFlags.Cwr,
                _ => throw new InvalidDataException($"no flag '{letter}'"),
            };
        }

        return flags;
    }

    private static string Expected(JsonElement segment)
    {
        string verdict = segment.GetProperty("verdict").GetString()!;
        bool reopened = segment.TryGetProperty("reopened", out JsonElement again) && again.GetBoolean();
        string head = $"{verdict}{(reopened ? " reopened" : "")}";
        if (!segment.GetProperty("entry").GetBoolean())
            return head + " no entry";
        return $"{head} {State(segment.GetProperty("state").GetString()!)} reply {segment.GetProperty("seenReply").GetBoolean()} assured {segment.GetProperty("assured").GetBoolean()} "
            + $"{segment.GetProperty("timeout").GetInt32()} s o {segment.GetProperty("o")} r {segment.GetProperty("r")} retrans {segment.GetProperty("retrans").GetInt32()}".Replace(" ", "", StringComparison.Ordinal);
    }

    /// <summary>One connection as <c>nf_conntrack_in</c> keeps it.</summary>
    private sealed class TcpReplay(JsonElement config)
    {
        private readonly TcpSettings _settings = new()
        {
            Loose = config.GetProperty("loose").GetInt32() != 0,
            BeLiberal = config.GetProperty("liberal").GetInt32() != 0,
            MaxRetransmissions = config.GetProperty("max_retrans").GetInt32(),
            IgnoreInvalidReset = config.GetProperty("ignore_invalid_rst").GetInt32() != 0,
        };

        private TcpFlow _flow;
        private bool _isThere, _seenReply, _assured;
        private long _expires;

        public string Take(JsonElement segment)
        {
            long now = segment.GetProperty("t").GetInt64();
            if (_isThere && _expires - now <= 0)
                _isThere = false;
            byte[] bytes = Build(segment);
            string verdict = "INVALID";
            if (TcpTracker.IsSound(bytes))
                verdict = Track(bytes, segment.GetProperty("dir").GetString() == "r", now);
            if (!_isThere)
                return verdict + " no entry";
            return $"{verdict} {_flow.State} reply {_seenReply} assured {_assured} "
                + $"{_expires - now}so{Text(_flow.Original)}r{Text(_flow.Reply)}retrans{_flow.Retransmissions}";
        }

        private string Track(byte[] bytes, bool reply, long now)
        {
            string reopened = "";
            reply &= _isThere;
            while (true)
            {
                bool isNew = !_isThere;
                if (isNew)
                {
                    (_seenReply, _assured) = (false, false);
                    if (!TcpTracker.TryStart(out _flow, bytes, _settings))
                        return "INVALID";
                }

                FollowAnswer answer = TcpTracker.Follow(ref _flow, reply, _seenReply, ref _assured, bytes, _settings, out int seconds);
                if (answer == FollowAnswer.Reopen)
                {
                    (_isThere, reply, reopened) = (false, false, " reopened");
                    continue;
                }

                if (answer == FollowAnswer.Invalid)
                    return "INVALID" + reopened;
                _isThere = answer != FollowAnswer.Gone;
                if (answer == FollowAnswer.Accepted)
                    _expires = now + seconds;
                _seenReply |= reply;
                return "ACCEPT" + reopened;
            }
        }

        private static string Text(TcpSide side) => $"[{side.End},{side.MaxEnd},{side.MaxWindow},{side.MaxAck},{side.Scale},{(int)side.Flags}]";

        private static byte[] Build(JsonElement segment)
        {
            List<byte> options = [];
            if (segment.TryGetProperty("ws", out JsonElement scale))
                options.AddRange([3, 3, (byte)scale.GetInt32(), 1]);
            if (segment.TryGetProperty("sackok", out JsonElement permitted) && permitted.GetBoolean())
                options.AddRange([1, 1, 4, 2]);
            if (segment.TryGetProperty("sack", out JsonElement sack))
                AddSack(options, sack);
            while (options.Count % 4 != 0)
                options.Add(0);
            byte[] bytes = new byte[20 + options.Count + segment.GetProperty("len").GetInt32()];
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), segment.GetProperty("seq").GetUInt32());
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), segment.GetProperty("ack").GetUInt32());
            bytes[12] = (byte)((20 + options.Count) / 4 << 4);
            if (segment.TryGetProperty("doff", out JsonElement offset))
                bytes[12] = (byte)(offset.GetInt32() << 4);
            bytes[13] = (byte)Flags(segment.GetProperty("flags").GetString()!);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), (ushort)segment.GetProperty("win").GetInt32());
            options.CopyTo(bytes, 20);
            return segment.TryGetProperty("trunc", out JsonElement length) ? bytes[..length.GetInt32()] : bytes;
        }

        private static void AddSack(List<byte> options, JsonElement sack)
        {
            JsonElement[] blocks = [.. sack.EnumerateArray()];
            if (blocks.Length > 0 && blocks[0].ValueKind == JsonValueKind.Number)
                blocks = [sack];
            options.AddRange([1, 1, 5, (byte)(2 + (8 * blocks.Length))]);
            foreach (JsonElement block in blocks)
            {
                foreach (JsonElement edge in block.EnumerateArray())
                {
                    byte[] word = new byte[4];
                    BinaryPrimitives.WriteUInt32BigEndian(word, edge.GetUInt32());
                    options.AddRange(word);
                }
            }
        }
    }
}
