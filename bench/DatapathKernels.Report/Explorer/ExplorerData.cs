using System.Globalization;
using System.Text;
using System.Text.Json;
using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Explorer;

/// <summary>The records as the JSON that the page's script reads; six significant digits, what was not measured is left out.</summary>
internal static class ExplorerData
{
    /// <summary>One object a suite, in the order given. Every character that could end a script or open a tag is escaped.</summary>
    public static string Write(IEnumerable<SuiteView> suites)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartArray();
            foreach (SuiteView suite in suites)
                WriteSuite(json, suite);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteSuite(Utf8JsonWriter json, SuiteView suite)
    {
        IReadOnlyList<BenchmarkRecord> cases = [.. suite.Cases()];
        json.WriteStartObject();
        json.WriteString("name", suite.Name);
        json.WriteString("title", suite.Text.Title);
        json.WriteString("baseline", suite.Baseline);
        if (suite.Panels[0].Parameter is { } parameter)
            json.WriteString("parameter", parameter);
        json.WriteStartObject("labels");
        foreach (string benchmark in cases.Select(c => c.Benchmark).Distinct())
            json.WriteString(benchmark, SuiteText.LabelOf(benchmark));
        json.WriteEndObject();
        json.WriteStartArray("cases");
        foreach (BenchmarkRecord record in cases)
            WriteCase(json, record);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCase(Utf8JsonWriter json, BenchmarkRecord record)
    {
        json.WriteStartObject();
        json.WriteString("benchmark", record.Benchmark);
        json.WriteString("unit", record.Unit);
        json.WriteStartObject("parameters");
        foreach ((string name, ParameterValue value) in record.Parameters)
        {
            if (value.Number is { } number)
                json.WriteNumber(name, number);
            else
                json.WriteString(name, value.Text);
        }

        json.WriteEndObject();
        (string Name, double Value)[] numbers =
        [
            ("median", record.Median), ("mean", record.Mean), ("min", record.Min), ("max", record.Max),
            ("deviation", record.StandardDeviation), ("allocated", record.AllocatedBytesPerOperation), .. record.Percentiles(),
        ];
        foreach ((string name, double value) in numbers)
            json.WriteNumber(name, double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
