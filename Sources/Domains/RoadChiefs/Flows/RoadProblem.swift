import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// B3.4.6 路面问题: one row is one problem found on a road, with its photos; handled by the chief of the road, who may assign it down or hand it up.
///
/// Source: requirements/B-transport.md B3.4.6, 实体 RoadProblem.
package enum RoadProblem {
    package static let ledger = LedgerDeclaration(
        id: "B3.4.6", name: "roadProblem", title: "道路问题", titleEN: "Road problems", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners,
        titleField: "name", timeField: "foundAt",
        fields: [
            .text("name", "问题名称", length: 2...80, marks: [.required, .searchable, .sortable]).section("问题"),
            .reference("category", "问题类别", to: "problemCategory", marks: [.required, .filterable, .groupable]).section("问题"),
            .reference("source", "问题来源", to: "problemSource", marks: [.filterable, .groupable]).section("问题"),
            .reference("road", "道路", to: "road", marks: [.required, .filterable, .groupable]).section("问题"),
            .moment("foundAt", "发现时间", marks: [.filterable, .sortable]).section("问题").hint("留空为当前时间"),
            .text("place", "地点", length: 1...100, marks: [.searchable, .unlisted]).section("问题"), .location("location", "位置", marks: [.unlisted]).section("问题"),
            .files("photos", "现场照片或视频", marks: [.required]).section("问题"), .note("description", "问题描述", length: 0...1000, marks: [.unlisted]).section("问题"),
            .text("number", "问题编号", length: 1...40, marks: [.readOnly, .searchable]).section("处理"),
            .text("reporter", "上报人", length: 0...60, marks: [.readOnly, .searchable]).section("处理"),
            .reference("chief", "处理路长", to: "roadChief", marks: [.readOnly, .filterable, .groupable]).section("处理"),
            .code("state", "状态", from: .roadProblemState, marks: [.readOnly, .filterable, .groupable]).section("处理").fallback("open"),
            .moment("handledAt", "处理时间", marks: [.readOnly, .unlisted]).section("处理"), .note("handling", "处理意见", length: 0...2000, marks: [.readOnly, .unlisted]).section("处理"),
        ])
}

/// B3.4.6: the chief handles a problem with an opinion and photos; assigning down and handing up are the engine's transfer (`RoadHandPages`).
package enum RoadProblemFlow {
    package static let workflow = WorkflowDeclaration(
        id: "B3.4.6", name: "roadProblem", title: "道路问题处理", titleEN: "Road problem", group: RoadChiefs.group, numbers: "LW", needsSubject: true,
        form: [
            .text("roadName", "道路", length: 0...80), .text("place", "地点", length: 0...100), .note("description", "问题描述", length: 0...1000),
            .text("chiefLogin", "路长登录名", length: 0...32),
        ],
        onCancel: ["roadProblem.cancelled"],
        steps: [
            .task(
                "handling", "处理", by: [.person(field: "chiefLogin"), .ownerRole(RoadRoles.unit)],
                form: [.note("handling", "处理意见", length: 2...2000, marks: [.required]), .files("after", "处理后照片或视频")], within: .workingDays(3), powers: [.transfer],
                [.on("done", "处理完成", to: "done", effects: ["roadProblem.handled"])]), .end("done", "已处理"),
        ])

    static func register(on platform: Platform) {
        let (ledgers, workflows, clock) = (platform.ledgers, platform.workflows, platform.clock)
        ledgers.onPrepare(of: RoadProblem.ledger.name) { draft, before, principal, tx in
            guard before == nil else { return }
            let keeper = try RoadRecords.keeper(ofRoad: draft.values["road"].flatMap(RoadRecords.number), tx)
            draft.org = draft.org ?? keeper.org
            if RoadRecords.isBlank(draft.values["foundAt"]) { draft.values["foundAt"] = .string(clock.now.text) }
            if RoadRecords.isBlank(draft.values["chief"]), let chief = keeper.chief { draft.values["chief"] = .int(chief) }
            draft.values["reporter"] = .string(principal.name)
        }
        ledgers.onChange(of: RoadProblem.ledger.name) { change, tx in
            guard change.kind == .created, let record = change.after else { return }
            var values: [String: JSONValue] = [:]
            for name in ["place", "description"] { if let text = record.values[name]?.text { values[name] = .string(text) } }
            if let road = try record.values["road"]?.int.flatMap({ try tx.value("SELECT name FROM road WHERE id = \($0)")?.text }) { values["roadName"] = .string(road) }
            if let login = try RoadRecords.login(ofChief: record.values["chief"]?.int, tx) { values["chiefLogin"] = .string(login) }
            try RoadCases.begin(workflow, record, in: RoadProblem.ledger, title: record.values["name"]?.text, values: values, by: change.by, on: workflows, in: tx)
        }
        workflows.onEffect("roadProblem.handled") { item, principal, tx in
            let values: [String: JSONValue] = ["state": "done", "handledAt": .string(clock.now.text), "handling": .string(item.data["handling"]?.string ?? "")]
            try RoadCases.write(values, to: item, ledgers, by: principal, in: tx)
        }
        workflows.onEffect("roadProblem.cancelled") { item, principal, tx in try RoadCases.write(["state": "cancelled"], to: item, ledgers, by: principal, in: tx) }
    }
}
