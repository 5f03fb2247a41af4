using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DatapathKernels.Report.Records;

/// <summary>Iterations as one array on one line: sixty lines a case would hide the rest of the file.</summary>
internal sealed class RecordIterationsConverter : JsonConverter<RecordIterations>
{
    public override RecordIterations Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("iterations are not an array");
        List<double> times = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
            times.Add(reader.GetDouble());
        return reader.TokenType == JsonTokenType.EndArray ? new RecordIterations(times) : throw new JsonException("an iteration is not a number");
    }

    public override void Write(Utf8JsonWriter writer, RecordIterations value, JsonSerializerOptions options) =>
        writer.WriteRawValue($"[{string.Join(", ", value.Select(t => t.ToString("R", CultureInfo.InvariantCulture)))}]");
}
