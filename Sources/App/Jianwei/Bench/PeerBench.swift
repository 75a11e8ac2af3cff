import Cryptography
import Foundation
import Kernel

/// The same requests against another program that does the same work (bench/peers): same token, signature, nonce, field and look-up checks, the same durable row.
enum PeerBench {
    struct Peer {
        var title: String
        /// Below bench/peers.
        var folder: String
        var arguments: [String] = []
    }

    static let peers = [
        Peer(title: "FastAPI + SQLAlchemy + SQLite, 2 workers", folder: "fastapi"),
        Peer(title: "FastAPI + SQLAlchemy + SQLite, one writing worker", folder: "fastapi", arguments: ["--workers", "1"]),
        Peer(title: "Django 5.2 + SQLite, gunicorn 2 × 4", folder: "django"),
    ]

    /// - Returns: nil when the peers are not installed (bench/peers/install).
    static func python(_ home: String) -> String? {
        let path = home + "/.build/bench-venv/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// What a peer needs to know of the fleet.
    static func writeFixture(_ fleet: BenchFleet, _ path: String) throws {
        let pem = try fleet.key.publicPEM()
        let fixture: JSONValue = [
            "publicKey": .string(pem),
            "sites": .array(fleet.sites.map { ["code": .string($0.code), "token": .string($0.token), "gates": .array(BenchFleet.gates.map(JSONValue.string))] }),
            "vehicles": .array(
                fleet.vehicles.map {
                    [
                        "plate": .string($0.plate), "color": "1", "vin": .string($0.vin), "stage": .string($0.stage), "fuel": "B", "filed": .bool($0.isFiled),
                        "listed": .bool($0.isListed),
                    ]
                }),
        ]
        guard FileManager.default.createFile(atPath: path, contents: Data(fixture.bytes)) else { throw Failure(.unavailable, "JW-B050", "无法写入 \(path)") }
    }

    static func run(_ peer: Peer, home: String, python: String, fixture: String, scratch: String, _ prepared: PassBench.Prepared, seconds: Double) throws -> (
        result: PassBench.Result, peakMegabytes: Double
    ) {
        let folder = scratch + "/" + peer.folder + peer.arguments.joined()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = try BenchServer(
            python, { [home + "/bench/peers/\(peer.folder)/serve.py", "--port", String($0), "--fixture", fixture, "--data", folder] + peer.arguments }, log: folder + "/serve.log")
        defer { server.stop() }
        let result = try PassBench.drive(prepared, against: server, limit: seconds)
        let answer = try LoadGenerator.ask(port: server.port, LoadGenerator.get("/count"))
        let counts = try JSONValue(parsing: answer.body)
        guard counts["passes"]?.int == Int64(result.passes), counts["refused"]?.int == Int64(result.expectedRefused) else {
            throw Failure(.unexpected, "JW-B051", "\(peer.title) 入库 \(counts.text)，应为 \(result.passes) 条、不允许通行 \(result.expectedRefused) 条")
        }
        return (result, server.peakMegabytes)
    }

    /// DuckDB over the same passes, exported from the big installation; prints one JSON line of milliseconds.
    static func duckdb(home: String, python: String, history: String) throws -> JSONValue {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [home + "/bench/peers/duckdb/query.py", history + "/jianwei.sqlite"]
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONValue(parsing: Array(data))
    }
}
