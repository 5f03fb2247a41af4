using DatapathKernels.Bench.Input;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class ServiceMapsTests
{
    [Fact]
    public void Both_dictionaries_answer_with_the_index_of_the_service()
    {
        ServiceMaps<int> maps = new([100, 200, 300], [300, 7, 200], [2, -1, 1]);

        Assert.Equal((2, 3), (maps.AskDictionary(0, 3), maps.AskFrozen(0, 1) + maps.AskFrozen(2, 1)));
    }

    [Fact]
    public void A_wrong_answer_is_an_exception_that_says_which()
    {
        InvalidOperationException wrong = Assert.Throws<InvalidOperationException>(() => new ServiceMaps<int>([100, 200], [200], [0]));

        Assert.Contains("packet 0 (200): expected service 0", wrong.Message, StringComparison.Ordinal);
    }
}
