import Identity
import Kernel
import Ledgers
import Storage
import Testing
import Workflows

@Suite("流程定义：修改与版本")
struct DefinitionTests {
    @Test func runningCasesKeepTheirVersion() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let engine = house.engine, city = WorkflowHouse.principal("city")
        let old = try await house.start("leave", Sample.cheap, by: "steel")
        try await house.database.write { tx in
            var draft = try engine.draft("leave", in: tx).definition
            draft.steps[0].transitions[0].to = ["extra"]
            draft.steps.insert(
                .task("extra", "复核", by: [.role(.county)], form: [.text("note2", "复核说明", marks: [.required])], within: .workingDays(1), [.on("pass", "通过", to: "sign")]), at: 1)
            try engine.keepDraft(draft, by: city, in: tx)
            #expect(try engine.draft("leave", in: tx).isDraft)
            #expect(try engine.publish("leave", note: "增加复核", by: city, in: tx) == 2)
        }
        let new = try await house.start("leave", Sample.cheap, by: "steel")
        for id in [old.id, new.id] { try await house.move(id, "pass", by: "county", values: ["result": "合格"]) }
        #expect(try await house.steps(old.id) == ["sign"])
        #expect(try await house.steps(new.id) == ["extra"])
        #expect(old.definitionVersion == 1 && new.definitionVersion == 2)
        #expect(try await failureCode { try await house.move(new.id, "pass", by: "county") } == "JW-K422", "新字段必填")
        try await house.move(new.id, "pass", by: "county", values: ["note2": "已复核"])
        #expect(try await house.steps(new.id) == ["sign"])
    }

    @Test func faultyDraftIsNotPublished() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let engine = house.engine, city = WorkflowHouse.principal("city")
        let code = try await failureCode {
            try await house.database.write { tx in
                var draft = try engine.draft("leave", in: tx).definition
                draft.steps.removeAll { $0.name == "sign" }
                try engine.keepDraft(draft, by: city, in: tx)
                try engine.publish("leave", note: "", by: city, in: tx)
            }
        }
        #expect(code == "JW-WF31")
        #expect(try await failureCode { _ = try await house.database.write { try engine.publish("leave", note: "", by: city, in: $0) } } == "JW-WF30")
        #expect(try await failureCode { try await house.database.write { try engine.keepDraft(Sample.leave, by: WorkflowHouse.principal("steel"), in: $0) } } == "JW-K403")
    }

    @Test func statisticsPerStep() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let engine = house.engine
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        house.now.change { $0 = $0.adding(seconds: 7200) }
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        let figures = try await house.database.read { reader in
            let day = WorkflowHouse.start.day
            return try engine.statistics("leave", from: day, to: day, by: WorkflowHouse.principal("city"), in: reader)
        }
        #expect(figures.map(\.step) == ["check", "sign"])
        #expect(figures.first?.averageSeconds == 7200 && figures.first?.done == 1 && figures.last?.open == 1)
    }
}
