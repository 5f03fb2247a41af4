using System.Globalization;
using System.Net;
using System.Text.Json;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>One layer of an oracle's frame, and what may be asked of it. A field that tshark left out is null.</summary>
internal readonly record struct OracleLayer(JsonElement Json)
{
    /// <summary>The protocol: eth, vlan, ip, tcp, ...</summary>
    public string Name => Json.GetProperty("p").GetString()!;

    /// <summary>A decimal number, or a string that starts with 0x.</summary>
    public long? this[string field]
    {
        get
        {
            if (!Json.TryGetProperty(field, out JsonElement value))
                return null;
            return value.ValueKind == JsonValueKind.String
                ? long.Parse(value.GetString()!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : value.GetInt64();
        }
    }

    public bool Has(string field) => Json.TryGetProperty(field, out _);

    /// <summary>The nested layers of a field: IPv6 extension headers, quoted packets, tunnel options.</summary>
    public IEnumerable<OracleLayer> List(string field) =>
        Json.TryGetProperty(field, out JsonElement value) ? value.EnumerateArray().Select(e => new OracleLayer(e)) : [];

    /// <summary>A list of numbers: option kinds, chunk types.</summary>
    public int[]? Numbers(string field) =>
        Json.TryGetProperty(field, out JsonElement value) ? [.. value.EnumerateArray().Select(e => e.GetInt32())] : null;

    public string? Text(string field) => Json.TryGetProperty(field, out JsonElement value) ? value.GetString() : null;

    /// <summary>An IP address as hexadecimal digits of its bytes.</summary>
    public string? Address(string field) =>
        Text(field) is { } text ? Convert.ToHexString(IPAddress.Parse(text).GetAddressBytes()) : null;

    /// <summary>tshark's IPv4 destination is then the last one of the route, not the one in the header.</summary>
    public bool IsSourceRouted => Numbers("opts")?.Any(option => option is 131 or 137) == true;

    /// <summary>tshark's verdict on the layer's checksum, or null where it gives none.</summary>
    public ChecksumVerdict? Checksum => Text("csum_status") switch
    {
        null => null,
        "good" => ChecksumVerdict.Valid,
        "bad" => ChecksumVerdict.Invalid,
        "unverified" => ChecksumVerdict.NotWhole,
        "not_present" => ChecksumVerdict.Absent,
        "illegal" => ChecksumVerdict.IllegalZero,
        string other => throw new FormatException(other),
    };

    public static List<OracleLayer> Of(JsonElement frame) =>
        [.. frame.GetProperty("layers").EnumerateArray().Select(e => new OracleLayer(e))];
}
