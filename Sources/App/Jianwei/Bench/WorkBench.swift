import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import Storage
import Workflows

/// Cases started and decided side by side, and one person's list of a hundred thousand to-dos.
struct WorkBench {
    struct Result {
        var transitionsPerSecond: Double
        var listMilliseconds: Double
        var countMilliseconds: Double
    }

    private static let flow = WorkflowDeclaration(
        id: "B", name: "bench", title: "测试流程", titleEN: "Bench", numbers: "CS", form: [.text("matter", "事项", length: 1...40, marks: [.required])], titleField: "matter",
        steps: [
            .task("review", "审核", by: [.role(.city)], [.on("approve", "同意", to: "file"), .on("refuse", "不同意", to: "closed")]),
            .task("file", "归档", by: [.role(.city)], [.on("done", "完成", to: "closed")]), .end("closed", "办结"),
        ])

    /// - Parameter directory: empty.
    static func run(_ directory: String, transitions: Int = 10_000, todos: Int = 100_000, logger: Logger) async throws -> Result {
        let installation = try await Installation.open(directory, logger: logger)
        let platform = installation.platform
        let engine = WorkflowEngine(
            declarations: [flow], database: installation.database, dictionaries: platform.dictionaries, keys: platform.keys, audit: platform.audit, clock: platform.clock
        ) { _, _ in }
        try await engine.load()
        let person = Principal(
            kind: .user, id: 1, login: "bench", name: "测试员", organisation: 2, organisationName: "石家庄市", area: "1301", roles: ["city"], permissions: ["*"], scope: .areas(["1301"]))
        let began = Clock.system.now
        let lanes = 64
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    for number in 0..<(transitions / 2 / lanes) {
                        let item = try await installation.database.write { tx in
                            try engine.start(CaseDraft("bench", values: ["matter": .string("测试 \(lane)-\(number)")]), by: person, isAdmitted: true, in: tx)
                        }
                        try await installation.database.write { tx in
                            let step = try tx.value("SELECT id FROM workflow_steps WHERE case_id = \(item.id) AND state = 'open'")?.int ?? 0
                            try engine.move(CaseMove(step: step, "refuse"), by: person, in: tx)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let done = Double(transitions / 2 / lanes * lanes * 2)
        let rate = done / max(Clock.system.now.seconds(since: began), 0.001)
        for start in stride(from: 0, to: todos, by: 500) {
            try await installation.database.write { tx in
                for number in start..<min(start + 500, todos) {
                    _ = try engine.start(CaseDraft("bench", values: ["matter": .string("待办 \(number)")]), by: person, isAdmitted: true, in: tx)
                }
            }
        }
        func measure(_ body: @escaping @Sendable (any Reader) throws -> Int) async throws -> Double {
            var times: [Double] = []
            for _ in 0..<50 {
                let start = Clock.system.now
                let seen = try await installation.database.read(body)
                times.append(Clock.system.now.seconds(since: start) * 1000)
                guard seen > 0 else { throw Failure(.unexpected, "JW-B081", "待办列表为空") }
            }
            return times.sorted()[49]
        }
        let list = try await measure { try engine.list(WorkQuery(.todo), by: person, in: $0).lines.count }
        let count = try await measure { try engine.todoCount(of: person, in: $0) }
        await installation.database.close()
        return Result(transitionsPerSecond: rate, listMilliseconds: list, countMilliseconds: count)
    }
}
