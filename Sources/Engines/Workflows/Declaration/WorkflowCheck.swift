import Kernel
import Ledgers

extension WorkflowDeclaration {
    /// Every fault, together; empty when it may go live. `JW-WD01` names, `JW-WD02` a step twice, `JW-WD03` a transition to nowhere, `JW-WD04` nobody may act, `JW-WD05` no way to an end,
    /// `JW-WD06` a consequence without its transition, `JW-WD07` a field's kind, `JW-WD08` an unknown effect, `JW-WD09` a title or number missing, `JW-WD10` a step nobody reaches.
    package func faults(knownEffects: Set<String>? = nil) -> [String] {
        var faults: [String] = []
        if !isPlain(name) { faults.append("JW-WD01 流程名“\(name)”只能用字母和数字") }
        if title.isEmpty || numbers.isEmpty { faults.append("JW-WD09 流程“\(name)”缺少名称或编号前缀") }
        var seen: Set<String> = []
        for step in steps {
            if !isPlain(step.name) { faults.append("JW-WD01 环节名“\(step.name)”只能用字母和数字") }
            if !seen.insert(step.name).inserted { faults.append("JW-WD02 环节“\(step.name)”重复") }
            faults += self.faults(of: step)
        }
        if steps.isEmpty { faults.append("JW-WD05 流程“\(title)”没有环节") }
        let reached = reachable(from: steps.first.map { [$0.name] } ?? [])
        for step in steps where !reached.contains(step.name) { faults.append("JW-WD10 环节“\(step.title)”没有任何环节通向它") }
        for step in steps where step.kind != .end && !reachable(from: [step.name]).contains(where: { self.step($0)?.kind == .end }) {
            faults.append("JW-WD05 从环节“\(step.title)”走不到结束")
        }
        if let knownEffects { for effect in effects.subtracting(knownEffects).sorted() { faults.append("JW-WD08 流程“\(title)”引用了未登记的自动动作“\(effect)”") } }
        for field in fields where !FormSheet.takes(field) { faults.append("JW-WD07 字段“\(field.title)”的类型不能用在流程表单里") }
        return faults
    }

    private func faults(of step: WorkflowStep) -> [String] {
        var faults: [String] = []
        var names: Set<String> = []
        for transition in step.transitions {
            if !names.insert(transition.name).inserted { faults.append("JW-WD02 环节“\(step.title)”的操作“\(transition.name)”重复") }
            if transition.to.isEmpty { faults.append("JW-WD03 环节“\(step.title)”的操作“\(transition.title)”没有去向") }
            for target in transition.targets where self.step(target) == nil { faults.append("JW-WD03 环节“\(step.title)”的操作“\(transition.title)”通向不存在的环节“\(target)”") }
        }
        switch step.kind {
        case .end: if !step.transitions.isEmpty { faults.append("JW-WD03 结束环节“\(step.title)”不能再有操作") }
        case .automatic, .join: if step.transitions.count != 1 { faults.append("JW-WD03 自动环节“\(step.title)”要有且只有一个去向") }
        case .task:
            if step.actors.isEmpty { faults.append("JW-WD04 环节“\(step.title)”没有办理人") }
            if step.transitions.isEmpty { faults.append("JW-WD03 环节“\(step.title)”没有操作") }
        case .subflow:
            if step.subflow == nil || step.subflow == name { faults.append("JW-WD11 环节“\(step.title)”没有指定子流程，或就是本流程") }
            if step.transitions.isEmpty { faults.append("JW-WD03 环节“\(step.title)”没有去向") }
        case .notice: if step.within == nil { faults.append("JW-WD06 公示环节“\(step.title)”没有期限") }
        }
        for case .take(let name) in step.overdue where step.transition(name) == nil { faults.append("JW-WD06 环节“\(step.title)”超期后要走的操作“\(name)”不存在") }
        if step.within == nil, step.dueField == nil, !step.overdue.isEmpty { faults.append("JW-WD06 环节“\(step.title)”有超期处理却没有时限") }
        if let field = step.dueField, !fields.contains(where: { $0.name == field && $0.kind == .moment }) { faults.append("JW-WD06 环节“\(step.title)”的期限字段“\(field)”不存在或不是时间") }
        for actor in step.actors {
            switch actor {
            case .named(let field, _): if !fields.contains(where: { $0.name == field }) { faults.append("JW-WD04 环节“\(step.title)”的办理人引用了不存在的字段“\(field)”") }
            case .actor(let other), .leader(let other, _): if self.step(other) == nil { faults.append("JW-WD04 环节“\(step.title)”的办理人引用了不存在的环节“\(other)”") }
            default: break
            }
        }
        return faults
    }

    private func isPlain(_ name: String) -> Bool { !name.isEmpty && name.utf8.allSatisfy { ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || (48...57).contains($0) } }

    private func reachable(from start: [String]) -> Set<String> {
        var reached = Set(start)
        var queue = start
        while let next = queue.popLast() {
            for target in (step(next)?.transitions ?? []).flatMap(\.targets) where reached.insert(target).inserted { queue.append(target) }
        }
        return reached
    }
}
