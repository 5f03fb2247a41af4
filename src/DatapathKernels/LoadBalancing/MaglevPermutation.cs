namespace DatapathKernels.LoadBalancing;

/// <summary>The order in which a backend prefers the slots of a table: <c>(Offset + j * Skip) mod size</c> for j = 0, 1, ...</summary>
/// <param name="Offset">The first slot, below the table's size.</param>
/// <param name="Skip">The step, from 1 to the table's size less 1.</param>
public readonly record struct MaglevPermutation(uint Offset, uint Skip);
