using DatapathKernels.Report.Cli;

return ReportCommand.Run(args, Console.Out, Console.Error);
