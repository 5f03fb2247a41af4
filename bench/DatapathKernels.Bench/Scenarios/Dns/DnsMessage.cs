using System.Buffers.Binary;
using System.Text;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>DNS messages with one question (RFC 1035, section 4.1).</summary>
internal static class DnsMessage
{
    /// <summary>An IPv4 address is asked for.</summary>
    public const ushort A = 1;

    /// <summary>An IPv6 address is asked for.</summary>
    public const ushort Aaaa = 28;

    private const int HeaderBytes = 12;

    /// <summary>A query, recursion desired.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="name">The full name, without a final dot.</param>
    /// <param name="type"><see cref="A"/> or <see cref="Aaaa"/>.</param>
    public static byte[] Query(ushort id, string name, ushort type)
    {
        byte[] message = new byte[HeaderBytes + name.Length + 2 + 4];
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        message[2] = 1;
        message[5] = 1;
        int at = HeaderBytes;
        foreach (string label in name.Split('.'))
        {
            message[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, message.AsSpan(at));
        }

        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 1), type);
        message[at + 4] = 1;
        return message;
    }

    /// <summary>The answer to a query: its question with the bit of an answer; no records, whose bytes nobody looks at here.</summary>
    /// <param name="query">The query.</param>
    /// <param name="exists">Otherwise it says that there is no such name.</param>
    public static byte[] Answer(ReadOnlySpan<byte> query, bool exists)
    {
        byte[] answer = query.ToArray();
        answer[2] |= 0x80;
        answer[3] = (byte)(exists ? 0x80 : 0x83);
        return answer;
    }
}
