import Alarms
import ArgumentParser
import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import MobileSources
import Search
import Storage

/// `jianwei verify --data DIR`: integrity of ledgers, roll-ups, evidence, photos and the audit chain. Exits non-zero when anything differs.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check audit chain, roll-ups, evidence and photos of a data directory.")

    @Option(help: "The data directory.") var data = "data"

    func run() async throws {
        var logger = Logger(label: "jianwei.verify") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        guard ["/jianwei.sqlite", "/placement"].contains(where: { FileManager.default.fileExists(atPath: data + $0) }) else {
            throw ValidationError("\(data) is no data directory of Jianwei")
        }
        guard DirectoryLock.server(of: data) == nil else { throw ValidationError("a server is running on \(data); stop it first, or verify a backup") }
        let installation = try await Installation.open(data, logger: logger)
        var isWhole = true
        for check in Verification.checks {
            let findings = try await check.run(installation)
            isWhole = isWhole && findings.differences.isEmpty
            print("\(findings.differences.isEmpty ? "一致" : "不一致")  \(check.title)：\(findings.summary)")
            for difference in findings.differences.prefix(50) { print("        \(difference)") }
            if findings.differences.count > 50 { print("        …… 共 \(findings.differences.count) 处") }
        }
        await installation.database.close()
        if !isWhole { throw ExitCode(1) }
    }
}

/// `jianwei verify-evidence FILE.zip`: whether an evidence package is what was exported.
struct VerifyEvidence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "verify-evidence", abstract: "Check an evidence package.")

    @Argument(help: "The package.") var file: String

    func run() async throws {
        let findings = EvidencePackage.verify(path: file)
        for finding in findings { print("\(finding)") }
        if findings.isEmpty { print("证据包完整，未被改动：\(file)") } else { throw ExitCode(1) }
    }
}

/// The checks of `jianwei verify`, in order.
struct Verification: Sendable {
    struct Findings: Sendable {
        var summary: String
        var differences: [String]
    }

    var title: String
    var run: @Sendable (Installation) async throws -> Findings

    static let checks: [Verification] = [
        Verification(title: "审计链") { installation in
            let checkpoints = installation.platform.identity.checkpoints
            let verdict = try await installation.database.read(within: .seconds(3600)) { try checkpoints.verify($0) }
            return Findings(summary: "\(verdict.rows) 条", differences: verdict.faults.map { "第 \($0.id) 条：\($0.reason)" })
        },
        Verification(title: "数据完整性") { installation in
            let book = installation.platform.identity.integrity
            var (rows, differences): (Int, [String]) = (0, [])
            for subject in book.declared {
                let found = try await installation.database.read(within: .seconds(3600)) { try book.verify(subject, $0) }
                rows += found.rows
                differences += found.faults.map { "\(subject.title) #\($0.0)：\($0.1.title)" }
            }
            for run in book.declaredRuns {
                let found = try await installation.database.read(within: .seconds(3600)) { try run.verify(book, $0) }
                rows += found.rows
                differences += found.faults.map { "\(run.title) 第 \($0.0) 段：\($0.1.title)" }
            }
            return Findings(summary: "\(rows) 条", differences: differences)
        },
        Verification(title: "统计汇总") { installation in
            let report = try await installation.gates.rollups.verify()
            return Findings(summary: "\(report.passes) 条过车，\(report.months) 个月", differences: report.differences.map { "\($0.table) \($0.key)：\($0.text)" })
        },
        Verification(title: "过车检索归类") { installation in
            let (segments, differing) = try await installation.platform.ledgers.verifyFacets(of: GatePassEvent.ledger.name)
            return Findings(summary: "\(segments) 段", differences: differing.map { "第 \($0) 段与过车记录不符" })
        },
        Verification(title: "照片首次使用登记") { installation in
            let (passes, differing) = try await installation.database.read(within: .seconds(3600)) { try PhotoUses.verify(in: $0) }
            return Findings(summary: "最近 \(passes) 条过车", differences: differing.map { "过车 \($0) 的照片未登记" })
        },
        Verification(title: "报警与证据链") { installation in
            let alarms = installation.platform.alarms
            let faults = try await installation.database.read(within: .seconds(3600)) { try alarms.verify(in: $0) }
            let count = try await installation.database.read { try $0.count("SELECT count(*) FROM alarms") }
            return Findings(summary: "\(count) 条报警", differences: faults)
        },
        Verification(title: "个人信息加密") { installation in
            let ledgers = installation.platform.ledgers
            let check = try await installation.database.read(within: .seconds(3600)) { try ledgers.checkSealing(in: $0) }
            return Findings(summary: "\(check.values) 项，其中旧密钥 \(check.older) 项", differences: check.faults)
        },
        Verification(title: "检索索引") { installation in
            let (entries, differences) = try await installation.platform.search.verify()
            return Findings(summary: "\(entries) 条", differences: differences)
        },
        Verification(title: "照片") { installation in
            let hashes = try await installation.database.read(within: .seconds(3600)) { try $0.rows("SELECT sha256 FROM photos").compactMap { $0[0].text } }
            var lost: [String] = []
            for hash in hashes where try await installation.platform.blobs.verify(hash) != true { lost.append("照片 \(hash) 缺失或已被改动") }
            return Findings(summary: "\(hashes.count) 张", differences: lost)
        },
        Verification(title: "视频") { installation in
            let hashes = try await installation.database.read(within: .seconds(3600)) { try $0.rows("SELECT sha256 FROM clips").compactMap { $0[0].text } }
            var lost: [String] = []
            for hash in hashes where try await installation.platform.blobs.verify(hash) != true { lost.append("视频 \(hash) 缺失或已被改动") }
            return Findings(summary: "\(hashes.count) 段", differences: lost)
        },
    ]
}
