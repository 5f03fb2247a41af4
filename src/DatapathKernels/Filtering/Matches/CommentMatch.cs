namespace DatapathKernels.Filtering;

/// <summary><c>-m comment</c>: words for people; always matches.</summary>
/// <param name="Text">The comment, unquoted.</param>
public sealed record CommentMatch(string Text) : RuleMatch;
