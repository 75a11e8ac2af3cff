import Alarms
import Identity
import Kernel
import Storage
import Workflows

extension SearchSource {
    static func alarms(_ engine: AlarmEngine) -> SearchSource {
        let read: @Sendable (AlarmTexts) -> SearchText = { SearchText(id: $0.id, org: $0.org, area: $0.area, texts: $0.texts) }
        return SearchSource(
            kind: "alarm", title: "报警", titleEN: "Alarms", icon: "alert", bounds: .owned, shape: "number,title,subject,plate,org,place", isAnnounced: false, path: "/alarms",
            mayAsk: { $0.may(AlarmPermission.read) },
            after: { try engine.texts(after: $0, limit: $1, in: $2).map(read) }, among: { _, _ in [] },
            hits: { ids, shown, principal, reader in
                let alarms = try engine.find(ids, by: principal, in: reader)
                let hits = alarms.prefix(shown).map { alarm in
                    SearchHit(
                        kind: "alarm", id: alarm.id, title: alarm.title,
                        details: [
                            SearchHit.Detail(label: "", text: alarm.orgName), SearchHit.Detail(label: "编号", text: alarm.number),
                            SearchHit.Detail(label: "对象", text: alarm.plate ?? alarm.subject), SearchHit.Detail(label: "级别", text: alarm.grade.title),
                            SearchHit.Detail(label: "状态", text: alarm.state.title), SearchHit.Detail(label: "时间", text: String(alarm.occurredAt.text.prefix(16))),
                        ].filter { !$0.text.isEmpty }, path: "/alarms/\(alarm.id)")
                }
                return (Array(hits), alarms.count)
            })
    }

    static func cases(_ engine: WorkflowEngine) -> SearchSource {
        let read: @Sendable (CaseTexts) -> SearchText = { SearchText(id: $0.id, org: $0.org, area: $0.area, texts: $0.texts) }
        return SearchSource(
            // Whoever takes part sees a case wherever it lies, so that the scope says nothing of it.
            kind: "case", title: "事项", titleEN: "Cases", icon: "check", bounds: .none, shape: "number,title,org,starter", isAnnounced: false, path: "/work",
            mayAsk: { $0.kind == .user },
            after: { try engine.texts(after: $0, limit: $1, in: $2).map(read) }, among: { _, _ in [] },
            hits: { ids, shown, principal, reader in
                let cases = try engine.visible(ids, by: principal, in: reader)
                let hits = cases.prefix(shown).map { item in
                    SearchHit(
                        kind: "case", id: item.id, title: item.title,
                        details: [
                            SearchHit.Detail(label: "", text: item.orgName), SearchHit.Detail(label: "编号", text: item.number),
                            SearchHit.Detail(label: "发起人", text: item.starterName),
                            SearchHit.Detail(label: "状态", text: item.state.title), SearchHit.Detail(label: "发起时间", text: String(item.startedAt.text.prefix(16))),
                        ].filter { !$0.text.isEmpty }, path: "/work/\(item.id)")
                }
                return (Array(hits), cases.count)
            })
    }
}
