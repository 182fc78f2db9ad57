"""From a Network to its Topology, and what follows from that: ways of copies, drawings, exports."""
