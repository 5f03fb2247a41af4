using System.Diagnostics.CodeAnalysis;

namespace DatapathKernels.Diagnostics;

/// <summary>Out-of-line throws: the callers stay small enough to inline.</summary>
internal static class Throw
{
    [DoesNotReturn]
    public static void Disposed(string type) => throw new ObjectDisposedException(type);

    [DoesNotReturn]
    public static void OutOfRange(string parameter, object actual, string expected) =>
        throw new ArgumentOutOfRangeException(parameter, actual, expected);

    [DoesNotReturn]
    public static void Argument(string parameter, string message) => throw new ArgumentException(message, parameter);

    [DoesNotReturn]
    public static void InvalidOperation(string message) => throw new InvalidOperationException(message);
}
