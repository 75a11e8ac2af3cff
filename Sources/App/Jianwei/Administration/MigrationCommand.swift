import ArgumentParser
import Cryptography
import Exchange
import Features
import Foundation
import Kernel
import Logging
import MobileSources
import Operations
import Schema
import Security
import Storage
import VideoSurveillance

/// `jianwei admin migration NAME`: writes the numbered migration that leads from the shipped ones to the declarations as they are, for review. The server never writes one by itself.
struct MigrationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "migration", abstract: "Write the next numbered migration from the declarations.")

    @Argument(help: "What it is about, such as `camera-scenes`.") var name: String
    @Option(help: "Where the source file goes.") var folder = "Sources/App/Schema"

    func run() async throws {
        let declared = Installation.tables(Installation.features(MobileSources(clients: SignedClients(keys: .ephemeral())), VideoSurveillance(logger: Logger(label: "migration"))))
        let diff = SchemaDiff(from: Migrator(Migrations.all).tables, to: declared)
        for obstacle in diff.obstacles { print("需要人工处理：\(obstacle)") }
        guard !diff.steps.isEmpty else { return print("没有需要迁移的变化") }
        let number = String(Migrations.all.count + 1)
        let id = String(repeating: "0", count: 4 - number.count) + number
        let parts = stride(from: 0, to: diff.steps.count, by: 12).map { Array(diff.steps[$0..<min($0 + 12, diff.steps.count)]) }
        for (index, part) in parts.enumerated() { try write(source(of: part, id: id, part: index + 1), "Migration\(id)Part\(index + 1)") }
        let names = parts.indices.map { "migration\(id)Part\($0 + 1)" }.joined(separator: " + ")
        try write("import Storage\n\n/// Shipped; never changes.\nlet migration\(id) = Migration(\"\(id)-\(name)\", \(names))\n", "Migration\(id)")
        print("\(folder)/Migration\(id).swift：\(diff.steps.count) 步，请审阅后加入 Migrations.all")
    }

    /// One constant a step, so that the compiler judges each by itself.
    private func source(of steps: [SchemaStep], id: String, part: Int) -> String {
        let constants = steps.enumerated().map { "private let step\($0.offset + 1): SchemaStep = \($0.element.swiftSource)\n" }.joined(separator: "\n")
        let list = steps.indices.map { "step\($0 + 1)" }.joined(separator: ", ")
        return "import Storage\n\n/// Part \(part) of migration \(id); shipped, never changes.\nlet migration\(id)Part\(part): [SchemaStep] = [\(list)]\n\n\(constants)"
    }

    private func write(_ source: String, _ name: String) throws { try source.write(toFile: "\(folder)/\(name).swift", atomically: true, encoding: .utf8) }
}
