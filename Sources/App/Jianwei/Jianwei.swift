import ArgumentParser

/// 见微: configuration, wiring, commands; nothing else.
@main
struct Jianwei: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jianwei", abstract: "见微 · supervision and risk control", version: "0.1.0",
        subcommands: [
            Serve.self, Admin.self, DemoCommand.self, Verify.self, VerifyEvidence.self, BackupCommand.self, RestoreCommand.self, DrillCommand.self, MoveCommand.self, Bench.self,
        ])

    static func main() async {
        do {
            await main(try ConfigurationFile.expand(Array(CommandLine.arguments.dropFirst())))
        } catch {
            exit(withError: error)
        }
    }
}
