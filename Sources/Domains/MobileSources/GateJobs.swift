import Schedules

extension GateSupervision {
    package func jobs() -> [JobDeclaration] { [] }
}
