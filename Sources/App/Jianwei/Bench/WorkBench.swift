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
        let first = try await installation.database.write { tx in
            try engine.start(CaseDraft("bench", values: ["matter": "待办"]), by: person, isAdmitted: true, in: tx).id
        }
        try await copy(first, times: todos, on: installation.database)
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

    /// The same case many times over, its open step and who may act included; through the engine that took longer than everything that is measured.
    private static func copy(_ first: Int64, times: Int, on database: any Database) async throws {
        try await database.write { tx in
            try tx.execute(
                """
                INSERT INTO workflow_cases (number, workflow, definition_version, title, org, org_name, area, starter, starter_name, starter_org, state, data, started_at, version)
                WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < \(times))
                SELECT 'copy-' || i, workflow, definition_version, title || ' ' || i, org, org_name, area, starter, starter_name, starter_org, state, data, started_at, version
                FROM workflow_cases CROSS JOIN numbers WHERE id = \(first)
                """)
            try tx.execute(
                """
                INSERT INTO workflow_steps (case_id, step, title, workflow, state, opened_at, alarms, was_late, version)
                SELECT c.id, s.step, s.title, s.workflow, s.state, s.opened_at, 0, 0, s.version FROM workflow_steps s CROSS JOIN workflow_cases c
                WHERE s.case_id = \(first) AND s.state = 'open' AND c.id > \(first) ORDER BY c.id
                """)
            try tx.execute(
                """
                INSERT INTO workflow_items (step_id, case_id, who, at_org, org, area, state, position)
                SELECT s.id, s.case_id, i.who, i.at_org, i.org, i.area, i.state, i.position FROM workflow_items i CROSS JOIN workflow_steps s
                WHERE i.case_id = \(first) AND i.state = 'open' AND s.case_id > \(first) ORDER BY s.id
                """)
        }
    }

    /// Acts a second on SpiffWorkflow (bench/peers/spiff): one process, one SQLite file, each act durable.
    static func peer(home: String, python: String, folder: String, cases: Int = 1000) throws -> Double {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [home + "/bench/peers/spiff/run.py", String(cases), folder]
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(.unexpected, "JW-B082", "SpiffWorkflow 对比未完成") }
        return try JSONValue(parsing: Array(data))["perSecond"]?.double ?? 0
    }
}
