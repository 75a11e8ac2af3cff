import Kernel
import Ledgers
import Rules

/// A definition as an administrator's edits are kept: everything of the declaration, nothing else.
extension WorkflowDeclaration {
    package var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "title": .string(title), "titleEN": .string(titleEN), "group": .string(group), "numbers": .string(numbers),
            "startedBy": words(startedBy.map(\.word)), "needsSubject": .bool(needsSubject), "form": .array(form.map(\.json)), "titleField": JSONValue(titleField),
            "within": JSONValue(within?.word),
            "mayWithdraw": .bool(mayWithdraw), "publicFields": publicFields.map(words) ?? .null, "onStart": words(onStart), "onCancel": words(onCancel),
            "steps": .array(steps.map(\.json)),
        ]
    }

    /// - Throws: `.unexpected` `JW-WF90` for what is no definition.
    package init(json: JSONValue) throws {
        guard let id = json["id"]?.string, let name = json["name"]?.string, let title = json["title"]?.string, let steps = json["steps"]?.array else {
            throw Failure(.unexpected, "JW-WF90", "流程定义无法读取")
        }
        self.init(
            id: id, name: name, title: title, titleEN: json["titleEN"]?.string ?? title, group: json["group"]?.string ?? "流程", numbers: json["numbers"]?.string ?? "LC",
            startedBy: texts(json["startedBy"]).compactMap(WorkflowActor.init(word:)), needsSubject: json["needsSubject"]?.bool ?? false,
            form: (json["form"]?.array ?? []).compactMap(Field.init(json:)),
            titleField: json["titleField"]?.string, within: json["within"]?.string.flatMap(WorkingTime.init(word:)), mayWithdraw: json["mayWithdraw"]?.bool ?? true,
            publicFields: json["publicFields"]?.array.map { $0.compactMap(\.string) }, onStart: texts(json["onStart"]), onCancel: texts(json["onCancel"]),
            steps: try steps.map(WorkflowStep.init(json:)))
    }
}

extension WorkflowStep {
    var json: JSONValue {
        let signed: JSONValue =
            switch signing {
            case .any: "any"
            case .all: "all"
            case .inOrder: "inOrder"
            case .rotating: "rotating"
            case .atLeast(let count): .int(Int64(count))
            }
        let json: JSONValue = [
            "name": .string(name), "title": .string(title), "kind": .string(kind.rawValue), "actors": words(actors.map(\.word)), "signing": signed,
            "form": .array(form.map(\.json)),
            "within": JSONValue(within?.word), "remind": .array(remind.map { .int(Int64($0)) }), "overdue": words(overdue.map(\.word)), "powers": words(powers.map(\.rawValue)),
            "isPublic": .bool(isPublic), "effects": words(effects), "outcome": JSONValue(outcome), "subflow": JSONValue(subflow), "transitions": .array(transitions.map(\.json)),
        ]
        // Only where there is one: definitions that are kept already stay as they are.
        guard let dueField, var members = json.object else { return json }
        members["dueField"] = .string(dueField)
        return .object(members)
    }

    init(json: JSONValue) throws {
        guard let name = json["name"]?.string, let title = json["title"]?.string, let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)) else {
            throw Failure(.unexpected, "JW-WF90", "流程定义的环节无法读取")
        }
        let signing: Signing =
            switch json["signing"]?.string {
            case "all": .all
            case "inOrder": .inOrder
            case "rotating": .rotating
            default: json["signing"]?.int.map { .atLeast(Int($0)) } ?? .any
            }
        self.init(
            name, title, kind: kind, actors: texts(json["actors"]).compactMap(WorkflowActor.init(word:)), signing: signing,
            form: (json["form"]?.array ?? []).compactMap(Field.init(json:)), within: json["within"]?.string.flatMap(WorkingTime.init(word:)),
            remind: (json["remind"]?.array ?? []).compactMap { $0.int.map { Int($0) } }, overdue: texts(json["overdue"]).compactMap(WorkflowOverdue.init(word:)),
            powers: texts(json["powers"]).compactMap(Power.init(rawValue:)), isPublic: json["isPublic"]?.bool ?? true, effects: texts(json["effects"]),
            outcome: json["outcome"]?.string, transitions: (json["transitions"]?.array ?? []).compactMap(WorkflowTransition.init(json:)))
        subflow = json["subflow"]?.string
        dueField = json["dueField"]?.string
    }
}

extension WorkflowTransition {
    var json: JSONValue {
        [
            "name": .string(name), "title": .string(title), "to": words(to),
            "branches": .array(branches.map { ["when": .array($0.conditions.map(\.stored)), "to": .string($0.to)] }), "requiresOpinion": .bool(requiresOpinion),
            "asksForm": .bool(asksForm), "sets": .object(JSONObject(sets.keys.sorted().map { ($0, JSONValue(sets[$0])) })), "effects": words(effects),
            "limit": limit.map { .int(Int64($0)) } ?? .null, "isAutomatic": .bool(isAutomatic),
        ]
    }

    init?(json: JSONValue) {
        guard let name = json["name"]?.string, let title = json["title"]?.string else { return nil }
        let sets = json["sets"]?.object?.members.reduce(into: [String: String]()) { $0[$1.name] = $1.value.string }
        let branches = (json["branches"]?.array ?? []).compactMap { branch -> WorkflowBranch? in
            branch["to"]?.string.map { WorkflowBranch(conditions: (branch["when"]?.array ?? []).compactMap(Condition.init(stored:)), to: $0) }
        }
        self.init(
            name, title, to: texts(json["to"]), branches: branches, requiresOpinion: json["requiresOpinion"]?.bool ?? false, asksForm: json["asksForm"]?.bool ?? true,
            sets: sets ?? [:], effects: texts(json["effects"]), limit: json["limit"]?.int.map { Int($0) }, isAutomatic: json["isAutomatic"]?.bool ?? false)
    }
}

extension Condition {
    fileprivate var stored: JSONValue { ["fact": .string(fact), "comparison": .string(comparison.rawValue), "value": value.json] }

    fileprivate init?(stored: JSONValue) {
        guard let fact = stored["fact"]?.string, let comparison = stored["comparison"]?.string.flatMap(Comparison.init(rawValue:)) else { return nil }
        self.init(fact, comparison, FactValue(json: stored["value"] ?? .null) ?? .missing)
    }
}

private func words(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
private func texts(_ json: JSONValue?) -> [String] { (json?.array ?? []).compactMap(\.string) }
