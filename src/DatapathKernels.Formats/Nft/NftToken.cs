namespace DatapathKernels.Formats.Nft;

/// <summary>A token and where it stands.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
internal readonly record struct NftToken(NftTokenKind Kind, string Text, int Line, int Column)
{
    public bool IsMark(char mark) => Kind == NftTokenKind.Mark && Text[0] == mark;

    public bool IsWord(string word) => Kind == NftTokenKind.Word && Text == word;

    /// <summary>As an error names it.</summary>
    public string Description => Kind switch
    {
        NftTokenKind.End => "the end of the text",
        NftTokenKind.Break => Text == ";" ? "';'" : "the end of the line",
        NftTokenKind.Quoted => $"\"{Text}\"",
        _ => $"'{Text}'",
    };
}
