using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>A node of a manifest with its path, so that an error can say what was expected where.</summary>
internal readonly struct ManifestNode(string file, YamlNode node, string path)
{
    public int Line => (int)node.Start.Line;

    /// <summary>The field of a mapping; false when it is not there or null.</summary>
    public bool TryGet(string name, out ManifestNode field)
    {
        field = default;
        if (node is not YamlMappingNode mapping)
            throw Expected("a mapping");
        if (!mapping.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) || IsNull(child))
            return false;
        field = new(file, child, path.Length == 0 ? name : $"{path}.{name}");
        return true;
    }

    /// <summary>The field of a mapping.</summary>
    public ManifestNode Get(string name) => TryGet(name, out ManifestNode field) ? field : throw Expected($"a field {name}");

    /// <summary>The items of a list that may be missing.</summary>
    public List<ManifestNode> Items(string name)
    {
        List<ManifestNode> items = [];
        if (!TryGet(name, out ManifestNode list))
            return items;
        if (list.Node is not YamlSequenceNode sequence)
            throw list.Expected("a list");
        for (int i = 0; i < sequence.Children.Count; i++)
            items.Add(new(file, sequence.Children[i], string.Create(CultureInfo.InvariantCulture, $"{path}.{name}[{i}]")));
        return items;
    }

    /// <summary>A text that may be missing: then empty.</summary>
    public string Text(string name) => TryGet(name, out ManifestNode field) ? field.Text() : "";

    public string Text() => node is YamlScalarNode { Value: { } value } ? value : throw Expected("a text");

    /// <summary>A mapping of texts to texts, such as labels, that may be missing: then empty.</summary>
    public Dictionary<string, string> Texts(string name)
    {
        Dictionary<string, string> texts = [];
        if (!TryGet(name, out ManifestNode map))
            return texts;
        if (map.Node is not YamlMappingNode mapping)
            throw map.Expected("a mapping");
        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            string label = new ManifestNode(file, key, map.Path).Text();
            texts[label] = IsNull(value) ? "" : new ManifestNode(file, value, $"{map.Path}.{label}").Text();
        }

        return texts;
    }

    /// <summary>A truth value that may be missing or null.</summary>
    public bool? Flag(string name)
    {
        if (!TryGet(name, out ManifestNode field))
            return null;
        return field.Text() switch
        {
            "true" => true,
            "false" => false,
            _ => throw field.Expected("true or false"),
        };
    }

    /// <summary>A port, or any number up to 65,535, that may be missing: then 0.</summary>
    public ushort Port(string name)
    {
        if (!TryGet(name, out ManifestNode field))
            return 0;
        return ushort.TryParse(field.Text(), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? port
            : throw field.Expected("a number from 0 to 65535");
    }

    public int Number(int otherwise, string name)
    {
        if (!TryGet(name, out ManifestNode field))
            return otherwise;
        return int.TryParse(field.Text(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw field.Expected("a number");
    }

    public IPAddress Address() => IPAddress.TryParse(Text(), out IPAddress? address) ? address : throw Expected("an IP address");

    /// <summary>A range; Kubernetes trims blanks around it.</summary>
    public IPNetwork Range() => IPNetwork.TryParse(Text().Trim(), out IPNetwork range) ? range : throw Expected("an address range like 10.0.0.0/8 without host bits");

    /// <summary>A range whose host bits, where they are set, do not count, as the API server reads it.</summary>
    public IPNetwork MaskedRange()
    {
        string[] parts = Text().Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out IPAddress? address) || !byte.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out byte length))
            throw Expected("an address range like 10.0.0.0/8");
        byte[] bytes = address.GetAddressBytes();
        if (length > bytes.Length * 8)
            throw Expected("an address range like 10.0.0.0/8");
        for (int bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(128 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), length);
    }

    public ManifestFormatException Expected(string what) =>
        new(file, node.Start.Line, node.Start.Column, $"expected {what}{(path.Length == 0 ? "" : $" at {path}")}, found {Found()}");

    private YamlNode Node => node;

    private string Path => path;

    private string Found() => node switch
    {
        YamlScalarNode { Value: { } value } => $"'{(value.Length <= 40 ? value : value[..40])}'",
        YamlMappingNode => "a mapping",
        YamlSequenceNode => "a list",
        _ => "nothing",
    };

    // Unquoted, these words are null in YAML and JSON.
    private static bool IsNull([NotNullWhen(false)] YamlNode? child) =>
        child is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };
}
