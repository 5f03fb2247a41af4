using DatapathKernels.Bench.Running;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class BenchFailureTests
{
    [Fact]
    public void The_innermost_exception_is_the_reason()
    {
        string[] lines =
        [
            "// BeforeAnythingElse",
            "System.Reflection.TargetInvocationException: Exception has been thrown by the target of an invocation.",
            " ---> System.InvalidOperationException: packet 17: expected service 4, got 5",
            "   at Somewhere()",
        ];

        Assert.Equal("packet 17: expected service 4, got 5", BenchFailure.ReasonIn(lines));
    }

    [Fact]
    public void Without_an_exception_the_log_is_named() =>
        Assert.Contains("benchmarkdotnet.log", BenchFailure.ReasonIn(["nothing", ""]), StringComparison.Ordinal);
}
