using System.Collections.Concurrent;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>
/// Walks one frame with the header views, outermost first, beside the oracle's layers, and compares every field both give.
/// The walk ends at the first layer without a view; the first difference found is what it returns.
/// </summary>
internal sealed partial class LayerWalk
{
    private readonly List<OracleLayer> _layers;
    private readonly ConcurrentDictionary<string, int> _tally;
    private readonly bool _isSnapped;
    private readonly bool _isQuoted;
    private int _next;

    /// <summary>A walk over a frame, of which the capture kept everything or not, or over the packet an ICMP error quotes.</summary>
    public LayerWalk(List<OracleLayer> layers, ConcurrentDictionary<string, int> tally, bool isSnapped, bool isQuoted = false)
    {
        _isSnapped = isSnapped;
        _layers = layers;
        _tally = tally;
        _isQuoted = isQuoted;
    }

    /// <summary>The first difference in words, or null.</summary>
    public string? Difference { get; private set; }

    private string? NextName => _next < _layers.Count ? _layers[_next].Name : null;

    /// <summary>Takes the next layer if it is the one the bytes call for and the view accepted them.</summary>
    private bool TryTake(string name, ParseStatus status, out OracleLayer layer)
    {
        layer = default;
        bool isListed = NextName == name;
        if (status != ParseStatus.Ok)
        {
            // Of a header that is cut off or broken tshark lists what is there, and goes no further.
            if (isListed)
                Stop($"{name}: {status}", _layers[_next]);
            return false;
        }
        if (!isListed)
        {
            Fail($"{name} at layer {_next + 1}, tshark has {NextName ?? "nothing"} there");
            return false;
        }
        layer = _layers[_next++];
        Count(layer.Name);
        return true;
    }

    /// <summary>The view refused the layer: right when tshark lists it without the fields every sound one has.</summary>
    private void Stop(string what, OracleLayer layer)
    {
        _next++;
        string[] last = layer.Name switch
        {
            "tcp" => ["payload"],
            "udp" => ["csum"],
            // Of options that are cut off tshark knows that they are: it gives no verdict on the checksum.
            "ip" => layer.Text("csum_status") == "unverified" ? [] : ["dst"],
            "ipv6" => ["dst"],
            "arp" => ["tip"],
            "icmp" or "icmpv6" => [layer.Name],
            _ => ["src", "type", "id"],
        };
        if (last.Any(layer.Has))
            Fail($"{what}, tshark {layer.Json}");
        else
            Count("broken " + layer.Name);
    }

    private void Count(string what) =>
        _tally.AddOrUpdate(_isQuoted ? "quoted " + what : what, 1, (_, count) => count + 1);

    private void Check(OracleLayer layer, string field, long found)
    {
        if (layer[field] is { } expected && expected != found)
            Fail($"{layer.Name} {field} {found}, tshark {layer.Json}");
    }

    private void Check(OracleLayer layer, string field, string found)
    {
        if (layer.Text(field) is { } expected && expected != found)
            Fail($"{layer.Name} {field} {found}, tshark {layer.Json}");
    }

    private void CheckAddress(OracleLayer layer, string field, string foundHex)
    {
        if (layer.Address(field) is { } expected && expected != foundHex)
            Fail($"{layer.Name} {field} {foundHex}, tshark {layer.Json}");
    }

    private void CheckSum(OracleLayer layer, ChecksumVerdict found)
    {
        if (layer.Checksum is { } expected && expected != found)
            Fail($"{layer.Name} checksum {found}, tshark {layer.Json}");
    }

    private void Fail(string what) => Difference ??= what;
}
