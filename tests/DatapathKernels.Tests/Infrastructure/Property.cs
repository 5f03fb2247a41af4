using FsCheck;
using FsCheck.Fluent;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>
/// Property tests: <c>Property.Check(gen, value => ...)</c> runs the check on generated values, shrinks a failure and
/// throws with the seed that repeats it. The one place that knows FsCheck's runner.
/// </summary>
public static class Property
{
    /// <summary>Checks every generated value; <paramref name="check"/> fails by throwing (an xunit assertion).</summary>
    public static void Check<T>(Gen<T> generator, Action<T> check, int count = 200) =>
        Check(generator.ToArbitrary(), check, count);

    /// <summary>The same for an arbitrary, which shrinks.</summary>
    public static void Check<T>(Arbitrary<T> arbitrary, Action<T> check, int count = 200) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(arbitrary, check));
}
