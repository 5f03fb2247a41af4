using System.Text.Json;
using System.Text.Json.Serialization;

namespace DatapathKernels.Report.Records;

/// <summary>The generated reader and writer of <c>records.json</c>: camel case, indented; what was not measured is left out.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    Converters = [typeof(RecordParametersConverter), typeof(RecordIterationsConverter)])]
[JsonSerializable(typeof(List<BenchmarkRecord>))]
internal sealed partial class RecordJson : JsonSerializerContext;

/// <summary>Parameters as one JSON object; numbers stay numbers.</summary>
internal sealed class RecordParametersConverter : JsonConverter<RecordParameters>
{
    public override RecordParameters Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("parameters are not an object");
        List<KeyValuePair<string, ParameterValue>> items = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            items.Add(new(name, ReadValue(ref reader, name)));
        }

        try
        {
            return new RecordParameters(items);
        }
        catch (ArgumentException wrong)
        {
            throw new JsonException(wrong.Message);
        }
    }

    public override void Write(Utf8JsonWriter writer, RecordParameters value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string name, ParameterValue parameter) in value)
        {
            if (parameter.Number is { } number)
                writer.WriteNumber(name, number);
            else
                writer.WriteString(name, parameter.Text);
        }

        writer.WriteEndObject();
    }

    private static ParameterValue ReadValue(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.String => ParameterValue.Of(reader.GetString()!),
        JsonTokenType.Number when reader.TryGetDouble(out double number) && double.IsFinite(number) => ParameterValue.Of(number),
        _ => throw new JsonException($"the parameter {name} is neither a number nor a text"),
    };
}
