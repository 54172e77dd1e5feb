//! coderunner: Code Runner on the command line
