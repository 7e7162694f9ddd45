# Sourced by the benchmarks on the public sets: `scope SET` prints which series of a set are scored and with whose holidays, as options of gnomon backtest.
scope() {
    case $1 in
    kiel-bakery) echo "--calendar DE-SH --series=G1,G2,G3,G4,G5" ;;
    bike-sharing) echo "--calendar US --series=total" ;;
    m5-foods) echo "--calendar US --series=foods_revenue_usd" ;;
    *) echo "--calendar US" ;;
    esac
}
