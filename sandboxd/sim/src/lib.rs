//! The gRPC API of sandboxd with scripted outcomes and faults, for tests of control-plane; needs no root
