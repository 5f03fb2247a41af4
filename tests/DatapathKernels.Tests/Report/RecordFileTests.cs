using DatapathKernels.Report.Records;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Property = DatapathKernels.Tests.Infrastructure.Property;

namespace DatapathKernels.Tests.Report;

public sealed class RecordFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_contract_of_the_fields_stands()
    {
        RecordFile.Write(_folder, [Samples.Case("ServiceLookupBench", "IptablesLinear", RecordParameters.From([new("Services", 5000), new("Skew", 0.99), new("Chain", "nat/PREROUTING")]), 1234.5)]);

        Assert.Equal(
            """
            [
              {
                "suite": "ServiceLookupBench",
                "benchmark": "IptablesLinear",
                "parameters": {
                  "Services": 5000,
                  "Skew": 0.99,
                  "Chain": "nat/PREROUTING"
                },
                "unit": "ns/packet",
                "median": 1234.5,
                "mean": 1234.5,
                "min": 1111.05,
                "max": 1357.95,
                "standardDeviation": 0.5,
                "allocatedBytesPerOperation": 0,
                "machine": "test-cpu",
                "commit": "0123456789abcdef",
                "utc": "2026-01-02T03:04:05Z"
              }
            ]

            """, File.ReadAllText(Path.Combine(_folder, RecordFile.JsonName)));
        Assert.Equal(
            """
            suite,benchmark,parameters,unit,median,mean,min,max,standardDeviation,allocatedBytesPerOperation,machine,commit,utc
            ServiceLookupBench,IptablesLinear,Services=5000;Skew=0.99;Chain=nat/PREROUTING,ns/packet,1234.5,1234.5,1111.05,1357.95,0.5,0,test-cpu,0123456789abcdef,2026-01-02T03:04:05.0000000Z

            """, File.ReadAllText(Path.Combine(_folder, RecordFile.CsvName)));
    }

    [Fact]
    public void What_is_written_is_read_back_from_both_files()
    {
        Gen<string> text = Gen.Elements("a", "10", "1e5", " 7", "x;y", "k=v", "\"q\"", "back\\slash", "comma, \"quote\"", "<b>", "two\nlines", "é", "");
        Gen<ParameterValue> value = Gen.OneOf(
            text.Select(ParameterValue.Of),
            Gen.Elements(0, 1, -3, 30000, 0.1, 1e-9, 1.0 / 3, 1e300).Select(ParameterValue.Of));
        Gen<RecordParameters> parameters = value.ListOf().Select(values =>
            new RecordParameters(values.Select((v, i) => KeyValuePair.Create("P=;\\" + i, v))));
        Property.Check(parameters, p =>
        {
            BenchmarkRecord[] records = [Samples.Case("A, \"B\"", "C", p, 1.0 / 3), Samples.Case("A, \"B\"", "D", p, 12345.678)];
            RecordFile.Write(_folder, records);
            Assert.Equal(records, RecordFile.Read(_folder));
            Assert.Equal(records, RecordFile.ReadCsv(Path.Combine(_folder, RecordFile.CsvName)));
        }, count: 100);
    }

    [Theory]
    [InlineData("[{]", "line 1")]
    [InlineData("{}", "expected an array of records")]
    [InlineData("[]", "no record; expected at least one")]
    [InlineData("null", "no record; expected at least one")]
    [InlineData("[{\"suite\":\"S\"}]", "median")]
    public void A_file_that_breaks_the_contract_is_an_error_with_its_place(string json, string expected)
    {
        string file = Path.Combine(_folder, "records.json");
        File.WriteAllText(file, json);

        string message = Assert.Throws<RecordFormatException>(() => RecordFile.Read(_folder)).Message;

        Assert.StartsWith(file, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Optional_fields_are_written_where_they_are_and_read_back()
    {
        BenchmarkRecord[] records =
        [
            Samples.Lookup("Dictionary", 10, 4) with { P50 = 4, P99 = 9.5, P999 = 20, P9999 = 100, Iterations = RecordIterations.Rounded([3.9, 4.123456789, 4.1]) },
            Samples.Lookup("IptablesLinear", 10, 40),
        ];

        RecordFile.Write(_folder, records);

        string json = File.ReadAllText(Path.Combine(_folder, RecordFile.JsonName));
        Assert.Contains("\"p999\": 20,\n    \"p9999\": 100,\n    \"iterations\": [3.9, 4.12346, 4.1]\n", json, StringComparison.Ordinal);
        Assert.DoesNotContain("null", json, StringComparison.Ordinal);
        Assert.Equal(records, RecordFile.Read(_folder));
        Assert.Equal(records, RecordFile.ReadCsv(Path.Combine(_folder, RecordFile.CsvName)));
    }

    [Fact]
    public void Unsound_records_are_not_written()
    {
        BenchmarkRecord sound = Samples.Lookup("Dictionary", 10, 4);
        Fails(sound with { Median = double.NaN }, "element 1 (ServiceLookupBench.Dictionary): median is NaN");
        Fails(sound with { Median = 99 }, "min <= median <= max");
        Fails(sound with { Unit = "ms" }, "expected nanoseconds");
        Fails(sound with { P50 = 5, P99 = 4 }, "expected p50 <= p99");
        Fails(sound with { Iterations = new([1, double.NaN]) }, "an iteration is NaN");
        Fails(sound with { Suite = " " }, "suite is empty");
        Fails(sound with { Utc = DateTime.UnixEpoch.ToLocalTime() }, "utc");
        Fails(Samples.Lookup("IptablesLinear", 10, 5), "stands twice");

        void Fails(BenchmarkRecord record, string expected)
        {
            BenchmarkRecord[] records = [Samples.Lookup("IptablesLinear", 10, 5), record];
            Assert.Contains(expected, Assert.Throws<RecordFormatException>(() => RecordFile.Write(_folder, records)).Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(_folder));
        }
    }
}
