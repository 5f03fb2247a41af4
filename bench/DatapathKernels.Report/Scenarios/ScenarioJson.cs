using System.Text.Json;
using System.Text.Json.Serialization;

namespace DatapathKernels.Report.Scenarios;

/// <summary>The generated reader and writer of <c>scenarios.json</c>: camel case, indented; marks that are not there are left out.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(List<ScenarioRecord>))]
internal sealed partial class ScenarioJson : JsonSerializerContext;
