import ArgumentParser
import AsyncHTTPClient
import Foundation
import Identity
import Kernel
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Storage

/// `jianwei admin …`: what desks do, from the command line; against a running server or, when none runs, on the data directory itself. Prints one JSON line; exits non-zero with the reason.
struct Admin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Provision and act on a data directory, running or not.",
        subcommands: [GateClientCommand.self, FilingCommand.self, ExcessListCommand.self, WarningCommand.self, UserCommand.self, KeysCommand.self, MigrationCommand.self])

    static func perform(_ directory: String, _ request: JSONValue) async throws {
        do {
            let answer: JSONValue
            if let server = DirectoryLock.server(of: directory) { answer = try await ask(server, directory, request) } else { answer = try await onDirectory(directory, request) }
            print(answer.text)
        } catch let failure as Failure {
            FileHandle.standardError.write(Data((AdminDesk.json(failure).text + "\n").utf8))
            throw ExitCode(1)
        }
    }

    private static func onDirectory(_ directory: String, _ request: JSONValue) async throws -> JSONValue {
        var logger = Logger(label: "jianwei.admin") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let lock = try DirectoryLock(directory)
        let installation = try await Installation.open(directory, logger: logger)
        if !installation.credentials.isEmpty {
            let lines = installation.credentials.map { "首次启动 \($0.name) 用户名 \($0.login) 一次性密码 \($0.oneTimePassword)\n" }.joined()
            FileHandle.standardError.write(Data(lines.utf8))
        }
        let answer = try await AdminDesk(installation: installation, isServing: false).perform(request)
        await installation.database.close()
        lock.release()
        return answer
    }

    private static func ask(_ server: String, _ directory: String, _ request: JSONValue) async throws -> JSONValue {
        var post = HTTPClientRequest(url: "\(server)\(AdminDoor.path)")
        post.method = .POST
        post.headers.add(name: "Authorization", value: "Bearer " + (try AdminKey.readOrMake(directory)))
        post.body = .bytes(ByteBuffer(bytes: request.bytes))
        // This machine's own server; its certificate names the outside.
        var settings = HTTPClient.Configuration()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        settings.tlsConfiguration = tls
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        do {
            let value = try await read(try await client.execute(post, timeout: .seconds(60)))
            try await client.shutdown()
            return value
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private static func read(_ response: HTTPClientResponse) async throws -> JSONValue {
        let body = try await response.body.collect(upTo: 4 << 20)
        let value = try JSONValue(parsing: Array(body.readableBytesView))
        guard response.status == .ok else {
            let fields = (value["fields"]?.array ?? []).map { FieldFinding($0["field"]?.string ?? "", $0["code"]?.string ?? "", $0["msg"]?.string ?? "") }
            throw Failure(.invalid, value["code"]?.string ?? "JW-A000", value["error"]?.string ?? "服务器拒绝", fields: fields)
        }
        return value
    }
}

private func list(_ text: String) -> JSONValue { .array(text.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) }) }

struct GateClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "gate-client", abstract: "Create what a gate system needs: enterprise, gates, accreditation, key.")
    @Option var data = "data"
    @Option var enterprise: String
    @Option var name: String
    @Option var county: String
    @Option var industry: String
    @Option var grade: String
    @Option(help: "Gate numbers, comma-separated.") var gates = "1"
    @Option(help: "PEM file of the public key, RSA ≥ 2048 or SM2.") var publicKey: String?

    func run() async throws {
        var pem: String?
        if let publicKey {
            guard let read = try? String(contentsOfFile: publicKey, encoding: .utf8) else { throw ValidationError("cannot read \(publicKey)") }
            pem = read
        }
        try await Admin.perform(
            data,
            [
                "command": "gate-client", "enterprise": .string(enterprise), "name": .string(name), "county": .string(county), "industry": .string(industry),
                "grade": .string(grade), "gates": list(gates),
                "publicKey": JSONValue(pem),
            ])
    }
}

struct FilingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "filing", abstract: "File vehicles.", subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        @Option var data = "data"
        @Option var enterprise: String
        @Option var plate: String
        @Option var color: String
        @Option var stage: String
        @Option var fuel: String
        @Option var type: String?
        @Option var vin: String?

        func run() async throws {
            try await Admin.perform(
                data,
                [
                    "command": "filing-add", "enterprise": .string(enterprise), "plate": .string(plate), "color": .string(color), "stage": .string(stage), "fuel": .string(fuel),
                    "type": JSONValue(type),
                    "vin": JSONValue(vin),
                ])
        }
    }
}

struct ExcessListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "excess-list", abstract: "List and release vehicles.", subcommands: [Add.self, Release.self])

    struct Add: AsyncParsableCommand {
        @Option var data = "data"
        @Option var plate: String
        @Option var color: String
        @Option var basis: String?
        @Option var authority: String?
        @Option var kind: String?

        func run() async throws {
            try await Admin.perform(
                data,
                [
                    "command": "excess-list-add", "plate": .string(plate), "color": .string(color), "basis": JSONValue(basis), "authority": JSONValue(authority),
                    "kind": JSONValue(kind),
                ])
        }
    }

    struct Release: AsyncParsableCommand {
        @Option var data = "data"
        @Option var plate: String
        @Option var color: String
        @Option var basis: String?

        func run() async throws { try await Admin.perform(data, ["command": "excess-list-release", "plate": .string(plate), "color": .string(color), "basis": JSONValue(basis)]) }
    }
}

struct WarningCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "warning", abstract: "Start and end warnings.", subcommands: [Start.self, End.self])

    struct Start: AsyncParsableCommand {
        @Option var data = "data"
        @Option(help: "yellow, orange or red.") var level: String
        @Option(help: "County codes, comma-separated.") var counties: String
        @Option var basis: String?

        func run() async throws { try await Admin.perform(data, ["command": "warning-start", "level": .string(level), "counties": list(counties), "basis": JSONValue(basis)]) }
    }

    struct End: AsyncParsableCommand {
        @Option var data = "data"
        @Option(help: "yellow, orange or red.") var level: String
        @Option(help: "County codes, comma-separated.") var counties: String
        @Option var basis: String?

        func run() async throws { try await Admin.perform(data, ["command": "warning-end", "level": .string(level), "counties": list(counties), "basis": JSONValue(basis)]) }
    }
}

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "keys", abstract: "The installation's own keys.", subcommands: [Rotate.self, Status.self, Seal.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a key and seal personal fields with it; older keys still open. A running server goes on.")
        @Option var data = "data"

        func run() async throws { try await Admin.perform(data, ["command": "keys-rotate"]) }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "How far personal fields are sealed with the newest key.")
        @Option var data = "data"

        func run() async throws { try await Admin.perform(data, ["command": "keys-status"]) }
    }

    struct Seal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Look at every stored personal value again: after data came in from elsewhere.")
        @Option var data = "data"

        func run() async throws { try await Admin.perform(data, ["command": "keys-seal"]) }
    }
}

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "user", abstract: "Help people who cannot get in.", subcommands: [Reset.self])

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a new one-time password.")
        @Option var data = "data"
        @Option var login: String

        func run() async throws { try await Admin.perform(data, ["command": "user-reset", "login": .string(login)]) }
    }
}
