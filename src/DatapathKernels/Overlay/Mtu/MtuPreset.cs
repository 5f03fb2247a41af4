namespace DatapathKernels.Overlay;

/// <summary>The MTU a product gives its pod devices, beside what its packets really cost.</summary>
public sealed class MtuPreset
{
    internal MtuPreset(string product, int subtracts, string rule, MtuBudget budget, string? flaw = null)
    {
        Product = product;
        Rule = rule;
        Mtu = budget.LinkMtu - subtracts;
        Budget = budget;
        Flaw = flaw;
    }

    /// <summary>The product and its mode, for example <c>Calico VXLAN IPv4</c>.</summary>
    public string Product { get; }

    /// <summary>The MTU it sets, bytes.</summary>
    public int Mtu { get; }

    /// <summary>How it comes to that.</summary>
    public string Rule { get; }

    /// <summary>What its packets cost: <see cref="MtuBudget.LargestInner"/> is what it could set.</summary>
    public MtuBudget Budget { get; }

    /// <summary>What is known to be wrong with it; null when nothing is.</summary>
    public string? Flaw { get; }

    /// <summary>Bytes by which its full packets exceed the link: above 0 they are fragmented or lost.</summary>
    public int ExcessBytes => Math.Max(0, Mtu - Budget.LargestInner);

    /// <summary>Bytes of each packet that could have been used and are not.</summary>
    public int UnusedBytes => Math.Max(0, Budget.LargestInner - Mtu);
}
