namespace DatapathKernels.Filtering;

/// <summary>The blocks one update wrote: where they lie, and for each chain of its program start and end (from there; -1 for none) and home.</summary>
internal readonly record struct PackedUpdate(int Cells, int Length, int[] Starts, int[] Ends, int[] Homes);
