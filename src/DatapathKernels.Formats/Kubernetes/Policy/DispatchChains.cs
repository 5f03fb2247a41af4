using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>
/// Chains that find a pod's chain by its interface: two steps, of which the first looks at one character of the name, so that
/// a packet meets some 32 rules on a node of 256 pods.
/// </summary>
internal static class DispatchChains
{
    public static void Add(RulesetTable table, string chain, string option, string prefix, IReadOnlyList<string> interfaces)
    {
        int at = WorkloadInterface.Prefix.Length;
        table.Declare(chain);
        foreach (IGrouping<char, string> group in interfaces.Order(StringComparer.Ordinal).GroupBy(name => name[at]))
        {
            if (group.Count() == 1)
            {
                AddPods(table, chain, option, prefix, group);
                continue;
            }

            string child = $"{chain}-{group.Key}";
            table.Declare(child);
            table.Add(chain, $"{option} {WorkloadInterface.Prefix}{group.Key}+ -g {child}");
            AddPods(table, child, option, prefix, group);
            AddDrop(table, child);
        }

        AddDrop(table, chain);
    }

    private static void AddPods(RulesetTable table, string chain, string option, string prefix, IEnumerable<string> interfaces)
    {
        foreach (string name in interfaces)
            table.Add(chain, $"{option} {name} -g {prefix}{name}");
    }

    private static void AddDrop(RulesetTable table, string chain) => table.Add(chain, "-m comment --comment \"Unknown interface\" -j DROP");
}
