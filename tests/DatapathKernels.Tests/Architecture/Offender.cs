using System.Text;

namespace DatapathKernels.Tests.Architecture;

/// <summary>Breaks the rules in every place the reader must look: a field, a parameter, a body, a generic argument.</summary>
internal sealed class Offender
{
    private readonly StringBuilder _text = new();

    public int Count(Version version) => _text.Length + version.Major + new List<int>().Where(i => i > 0).Count() + (File.Exists("") ? 1 : 0);
}
