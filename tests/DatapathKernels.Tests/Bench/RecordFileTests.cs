using DatapathKernels.Report;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public sealed class RecordFileTests : IDisposable
{
    private static readonly BenchmarkRecord Sample = new()
    {
        Suite = "ServiceLookupBench",
        Benchmark = "IptablesLinear",
        Parameters = new Dictionary<string, object> { ["Services"] = 5000, ["Skew"] = 0.99, ["Chain"] = "nat/PREROUTING", ["Warm"] = true },
        Unit = "ns/packet",
        Median = 1234.5,
        Mean = 1240,
        Min = 1200.25,
        Max = 2000,
        StandardDeviation = 1.0 / 3,
        AllocatedBytesPerOperation = 0,
        Machine = "some-machine",
        Commit = "0123456789abcdef0123456789abcdef01234567",
        Utc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_contract_of_the_fields_stands()
    {
        string path = Path.Combine(_folder, "records.json");
        RecordFile.Write(path, [Sample]);

        Assert.Equal(
            """
            [
              {
                "suite": "ServiceLookupBench",
                "benchmark": "IptablesLinear",
                "parameters": {
                  "Services": 5000,
                  "Skew": 0.99,
                  "Chain": "nat/PREROUTING",
                  "Warm": true
                },
                "unit": "ns/packet",
                "median": 1234.5,
                "mean": 1240,
                "min": 1200.25,
                "max": 2000,
                "standardDeviation": 0.3333333333333333,
                "allocatedBytesPerOperation": 0,
                "machine": "some-machine",
                "commit": "0123456789abcdef0123456789abcdef01234567",
                "utc": "2026-01-02T03:04:05Z"
              }
            ]

            """, File.ReadAllText(path));
    }

    [Fact]
    public void What_is_written_can_be_read()
    {
        string first = Path.Combine(_folder, "records.json"), second = Path.Combine(_folder, "again.json");
        RecordFile.Write(first, [Sample, Sample with { Benchmark = "Dictionary", Parameters = new Dictionary<string, object>() }]);

        IReadOnlyList<BenchmarkRecord> read = RecordFile.Read(first);
        RecordFile.Write(second, read);

        Assert.Equal(5000L, read[0].Parameters["Services"]);
        Assert.Equal(Sample with { Parameters = read[0].Parameters }, read[0]);
        Assert.Equal(File.ReadAllText(first), File.ReadAllText(second));
    }

    [Fact]
    public void The_csv_holds_one_row_a_case()
    {
        string path = Path.Combine(_folder, "records.csv");
        RecordFile.WriteCsv(path, [Sample]);

        Assert.Equal(
            """
            suite,benchmark,parameters,unit,median,mean,min,max,standardDeviation,allocatedBytesPerOperation,machine,commit,utc
            ServiceLookupBench,IptablesLinear,Services=5000 Skew=0.99 Chain=nat/PREROUTING Warm=True,ns/packet,1234.5,1240,1200.25,2000,0.3333333333333333,0,some-machine,0123456789abcdef0123456789abcdef01234567,2026-01-02T03:04:05Z

            """, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }
}
